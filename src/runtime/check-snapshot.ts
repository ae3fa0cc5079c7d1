/** Whether a process could start with these settings: what `serve` refuses beyond what the schema says, found by the same code. */
import type { Clock } from '../base/clock.js';
import type { Settings } from '../config/settings.js';
import { silentLogger } from '../observe/log.js';
import type { Extensions } from './extensions.js';
import { createSnapshot } from './snapshot.js';
import { ToolsetPool } from './toolset-pool.js';

/** Builds all components, connects to nothing, and lets go of them. @throws AppError as `createSnapshot` does */
export async function checkSnapshot(settings: Settings, { clock, extensions = {} }: CheckSnapshotOptions): Promise<void> {
  const log = silentLogger;
  const toolsets = new ToolsetPool({ clock, log });
  const nothing = { retriever: { search: async () => [] } };
  try {
    const snapshot = await createSnapshot(settings, { holdRetriever: () => nothing, toolsets, extensions, clock, log });
    await snapshot.close();
  } finally {
    await toolsets.close();
  }
}

export interface CheckSnapshotOptions {
  readonly clock: Clock;
  /** What code adds. Default: nothing, as `hector serve` has it. */
  readonly extensions?: Extensions;
}
