/** The running system as commands and programs see it; `compose.ts` implements it. */
import type { LiveConfig } from '../config/live-config.js';
import type { Settings } from '../config/settings.js';
import type { IngestMode, IngestRun } from '../knowledge/runs/ingest-run.js';
import type { Ingester } from '../knowledge/runs/ingester.js';
import type { Logger } from '../observe/log.js';

export const ROLES = ['front', 'agent', 'ingest', 'keeper'] as const;
export type Role = (typeof ROLES)[number];

export interface IngestProgress {
  /** Name of the document store; in the result of `ingest`, which sums all of them, ''. */
  readonly store: string;
  /** Documents found so far; grows while the source is being listed. */
  readonly total: number;
  /** Indexed anew. `done + skipped + failed` grows to `total`. */
  readonly done: number;
  readonly failed: number;
  /** Unchanged since the last time. */
  readonly skipped: number;
  /** Gone from the source, hence from the index. */
  readonly removed?: number;
  /** Chunks written. */
  readonly chunks: number;
  /** `total` is what there is; until then nobody knows how much is left. */
  readonly isListed?: boolean;
  readonly finished: boolean;
  /** In the result of `ingest`: what is ingested and cannot be found yet, with the reason. */
  readonly warnings?: readonly string[];
}

export interface Hector {
  readonly settings: Settings;
  /** Base URL of the front on this machine, without trailing slash; '' without the role `front`. */
  readonly url: string;
  /** Port of the gRPC service; `undefined` without one. */
  readonly grpcPort?: number | undefined;
  /** Of `observability.metrics.port`; `undefined` without one. */
  readonly metricsPort?: number | undefined;
  /**
   * Ingests the stores named, or all, with the processes that have the role `ingest`, or by itself where there is none. Settles when every
   * document is done or `signal` aborts it (then it rejects).
   * @param mode default: what the configuration says of unchanged documents
   */
  ingest(
    storeNames: readonly string[] | undefined,
    onProgress: (progress: IngestProgress) => void,
    signal: AbortSignal,
    mode?: IngestMode,
  ): Promise<IngestProgress>;
  /**
   * Drops the index of what was said in sessions and makes it anew (MEM-03); says how many messages were read. An abort leaves a part of it.
   * @throws AppError `CONFIG_INVALID` while no agent searches it.
   */
  rebuildMemory(signal: AbortSignal): Promise<number>;
  /** What an ingest of one store would do; calls back for every document that would not stay as it is. */
  planIngest?: Ingester['plan'];
  /** The newest ingest runs of all stores first. */
  listIngestRuns?(limit: number): Promise<readonly IngestRun[]>;
  /** Looks whether its configuration has changed, and follows it; what is wrong is told in the log. Nothing without `StartOptions.config`. */
  reload?(): Promise<void>;
  /** Drains and closes; may be called twice. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly roles: ReadonlySet<Role>;
  readonly log: Logger;
  /** Beside `server.auth`: who sends it as a token is the local user, and may do everything. Default: there is none. */
  readonly ownKey?: string | undefined;
  /** Where the settings come from. Default: they never change. */
  readonly config?: LiveConfig | undefined;
  /** Changes are followed by themselves. Default false: when asked to. */
  readonly watches?: boolean;
}

export type StartHector = (settings: Settings, options: StartOptions) => Promise<Hector>;
