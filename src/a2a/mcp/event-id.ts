import type { JsonRpcId } from '../json-rpc-envelope.js';

/** Where a stream of a call stands, whole: whichever front is asked can go on with it, and none keeps anything. */
export interface CallPlace {
  /** Key of the agent. */
  readonly agent: string;
  readonly taskId: string;
  /** Of the request that is answered. */
  readonly requestId: JsonRpcId;
  /** `undefined`: the caller wants no progress. */
  readonly progressToken: string | number | undefined;
  /** In the task's stream, as `Last-Event-ID` of A2A has it; '' = its beginning. */
  readonly cursor: string;
}

export function formatEventId({ agent, taskId, requestId, progressToken, cursor }: CallPlace): string {
  return Buffer.from(JSON.stringify([agent, taskId, requestId, progressToken ?? null, cursor])).toString('base64url');
}

/** `undefined` for a text that is none of ours. */
export function parseEventId(text: string): CallPlace | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    // Somebody else's id, or a part of ours.
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 5) return undefined;
  const [agent, taskId, requestId, progressToken, cursor] = value as unknown[];
  if (typeof agent !== 'string' || typeof taskId !== 'string' || typeof cursor !== 'string' || !isId(requestId)) return undefined;
  return { agent, taskId, requestId, progressToken: isId(progressToken) ? progressToken : undefined, cursor };
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
