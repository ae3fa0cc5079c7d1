/**
 * What tools act on. It counts what is done to it, looks into the ledger at that very moment, and is what people look at when
 * somebody asks them whether a call was carried out (R7).
 */
import type { Audit } from './audit.js';
import { delayMs } from './network.js';
import { TOOLS, type ToolName } from './script.js';
import type { SharedDatabase } from './shared-database.js';
import type { SimulatedProcess } from './simulated-process.js';

export interface OutsideCall {
  readonly name: ToolName;
  readonly taskId: string;
  readonly callId: string;
  readonly idempotencyKey: string;
  readonly forMs: number;
}

/** What is known of one call of a model. */
export interface CallHistory {
  readonly name: ToolName;
  readonly taskId: string;
  times: number;
  readonly keys: Set<string>;
  isApproved: boolean;
  isDenied: boolean;
  /** How often somebody said `retry`. */
  retries: number;
}

export interface OutsideWorldOptions {
  readonly audit: Audit;
  readonly database: SharedDatabase;
  count(name: string): void;
}

export class OutsideWorld {
  readonly #options: OutsideWorldOptions;
  readonly calls = new Map<string, CallHistory>();

  constructor(options: OutsideWorldOptions) {
    this.#options = options;
  }

  of(callId: string, name: ToolName, taskId: string): CallHistory {
    let call = this.calls.get(callId);
    if (call === undefined) {
      call = { name, taskId, times: 0, keys: new Set(), isApproved: false, isDenied: false, retries: 0 };
      this.calls.set(callId, call);
    }
    return call;
  }

  /** Reaches the world or not; is answered or not. */
  call(process: SimulatedProcess, { name, taskId, callId, idempotencyKey, forMs }: OutsideCall): Promise<string> {
    const { scheduler } = process;
    return new Promise((resolve) => {
      if (!process.maySend()) return;
      const label = `${name} ${callId}`;
      const act = () => {
        this.#act(name, taskId, callId, idempotencyKey);
        const reply = { owner: process, label: `${process.name} ← world ${label}`, settles: true };
        scheduler.schedule(delayMs(process) + forMs / 2, () => resolve(`${name} is done`), reply);
      };
      scheduler.schedule(delayMs(process) + forMs / 2, act, { label: `${process.name} ⇒ world ${label}` });
    });
  }

  #act(name: ToolName, taskId: string, callId: string, key: string): void {
    const { audit, database } = this.#options;
    const { effect, requiresApproval } = TOOLS[name];
    const call = this.of(callId, name, taskId);
    call.times += 1;
    call.keys.add(key);
    this.#options.count(`effect-${effect}`);
    if (effect === 'pure' && !requiresApproval) return;
    const [row] = database.look('SELECT status FROM tool_calls WHERE task_id = ? AND call_id = ?', taskId, JSON.stringify(callId));
    audit.assert(row !== undefined, 'R7', () => `${name} ${callId} of ${taskId} is done to the world, and the ledger has no intent`);
    audit.assert(!requiresApproval || call.isApproved, 'R7', () => `${name} ${callId} of ${taskId} was run, and nobody had approved it`);
  }

  /** At rest. */
  check(): void {
    const { audit } = this.#options;
    const keys = new Map<string, string>();
    for (const [callId, { name, taskId, times, keys: used, retries, isApproved, isDenied }] of this.calls) {
      const { effect } = TOOLS[name];
      const what = () => `${name} ${callId} of ${taskId}`;
      audit.assert(
        effect !== 'once' || times <= 1 + retries,
        'R7',
        () => `${what()} was done ${times} times, ${retries} of them asked for`,
      );
      audit.assert(used.size <= 1, 'R7', () => `${what()} came with ${used.size} idempotency keys`);
      audit.assert(!isDenied || isApproved || times === 0, 'R7', () => `${what()} was denied, and done ${times} times`);
      for (const key of used) {
        audit.assert(!keys.has(key), 'R7', () => `${what()} has the idempotency key of ${keys.get(key)}`);
        keys.set(key, callId);
      }
    }
  }

  /** For results that nobody was asked about: what the ledger says was done, was done. */
  checkLedger(): void {
    const { audit, database } = this.#options;
    for (const { call_id: json, decision, result } of database.look<{ call_id: string; decision: string | null; result: string | null }>(
      DONE,
    )) {
      const call_id = JSON.parse(json) as string;
      const isError = (JSON.parse(result ?? '{}') as { isError?: boolean }).isError === true;
      if (isError || (decision !== null && (this.calls.get(call_id)?.isApproved ?? false) === false)) continue;
      audit.assert((this.calls.get(call_id)?.times ?? 0) > 0, 'R7', () => `${call_id} has a result, and was never done: ${result}`);
    }
  }
}

const DONE = "SELECT call_id, decision, result FROM tool_calls WHERE status = 'done'";
