/** What is known of models by their names: how long their vectors are, and whether a service makes shorter ones. */
import type { EmbedderSettings } from '../../config/settings.js';

export interface VectorLength {
  /** `undefined`: the first answer tells. */
  readonly expected: number | undefined;
  /** Where `expected` is from, for messages. */
  readonly reason: string;
  /** What the service is asked for; `undefined` = its own length. */
  readonly asked: number | undefined;
}

export function findVectorLength(settings: EmbedderSettings, key: string): VectorLength {
  const { outputDimension, dimension } = settings;
  const known = findKnownDimension(settings);
  if (outputDimension > 0) return { expected: outputDimension, reason: `${key}.output_dimension is`, asked: outputDimension };
  if (dimension === 0) return { expected: known, reason: `the model '${settings.model}' (${key}.model) is known for`, asked: undefined };
  const isShortened = known !== undefined && dimension !== known && SHORTENABLE.test(settings.model);
  return { expected: dimension, reason: `${key}.dimension is`, asked: isShortened ? dimension : undefined };
}

function findKnownDimension({ provider, model }: EmbedderSettings): number | undefined {
  // What stands behind the colon is a size or a precision; models that differ in length by it are not in the table.
  return DIMENSIONS[provider]?.[provider === 'ollama' ? (model.split(':', 1)[0] ?? model) : model];
}

const DIMENSIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  openai: { 'text-embedding-3-small': 1536, 'text-embedding-3-large': 3072, 'text-embedding-ada-002': 1536 },
  ollama: { 'nomic-embed-text': 768, 'all-minilm': 384, 'mxbai-embed-large': 1024, 'bge-m3': 1024, 'snowflake-arctic-embed2': 1024 },
  cohere: {
    'embed-english-v3.0': 1024,
    'embed-english-light-v3.0': 384,
    'embed-multilingual-v3.0': 1024,
    'embed-multilingual-light-v3.0': 384,
    'embed-v4.0': 1536,
  },
};

const SHORTENABLE = /^(text-embedding-3-|embed-v4\.)/;
