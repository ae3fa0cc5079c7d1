import type { Measurement } from '../frame/measurement.js';

/** All of them, in the order in which they run. Loaded one by one: what one needs may not be there. */
export const MEASUREMENTS = {
  compare: async () => (await import('./compare.js')).compare,
  apart: async () => (await import('./apart.js')).apart,
  chunks: async () => (await import('./chunks.js')).chunks,
  streams: async () => (await import('./streams.js')).streams,
  steps: async () => (await import('./steps.js')).steps,
  mixed: async () => (await import('./mixed.js')).mixed,
  takeover: async () => (await import('./takeover.js')).takeover,
  'start-up': async () => (await import('./start-up.js')).startUp,
  parts: async () => (await import('./parts.js')).parts,
  list: async () => (await import('./list.js')).list,
  growth: async () => (await import('./growth.js')).growth,
  stored: async () => (await import('./stored.js')).stored,
  history: async () => (await import('./history.js')).history,
  loop: async () => (await import('./loop.js')).loop,
  fairness: async () => (await import('./fairness.js')).fairness,
  tracing: async () => (await import('./tracing.js')).tracing,
  chunking: async () => (await import('./chunking.js')).chunking,
  ingest: async () => (await import('./ingest.js')).ingest,
  vectors: async () => (await import('./vectors.js')).vectors,
  'search-quality': async () => (await import('./search-quality.js')).searchQuality,
  'search-while-ingesting': async () => (await import('./search-while-ingesting.js')).searchWhileIngesting,
  'embedding-pace': async () => (await import('./embedding-pace.js')).embeddingPace,
} satisfies Readonly<Record<string, () => Promise<Measurement>>>;
