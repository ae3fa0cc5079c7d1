import type { LoadReport } from '../../src/cli/load/run-load.js';
import type { Arrivals } from '../../src/cli/load/schedule.js';

export interface LoadOptions {
  /** JSON-RPC endpoint, or the address that `get` fetches. */
  readonly url: string;
  readonly kind: LoadKind;
  readonly arrivals: Arrivals;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Of a message. */
  readonly text?: string;
  /** Whose CPU time is counted while it is measured. */
  readonly pids: readonly number[];
}

export type LoadKind =
  | { readonly type: 'send' }
  | { readonly type: 'stream' }
  | { readonly type: 'begin' }
  | { readonly type: 'get' }
  | { readonly type: 'call'; readonly method: string; readonly params: Record<string, string | number> };

export interface LoadFigures extends LoadReport {
  /** Of all processes that were named, while the load was measured. */
  readonly cpuMs: number;
}
