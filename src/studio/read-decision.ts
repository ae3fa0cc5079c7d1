import type { JsonValue } from '../base/json.js';
import { Problems } from '../protocol/field-reader.js';
import { DECISIONS } from '../tasks/tool-call.js';
import { readBody } from './read-members.js';

/** What a request to decide about a call says. */
export interface DecisionRequest {
  readonly decision: (typeof ANY)[number];
  /** Of the arguments that were looked at. */
  readonly argumentsHash: string | undefined;
  /** With `approve` and `deny`. */
  readonly reason: string | undefined;
  /** With `done`: what came of the call. */
  readonly result: JsonValue | undefined;
}

/** @throws AppError `PARAMS_INVALID` with every problem. */
export function readDecision(body: unknown): DecisionRequest {
  const problems = new Problems();
  const fields = readBody(body, ['decision', 'arguments_hash', 'reason', 'result'], '{"decision": "approve"}', problems);
  const text = fields.text('decision');
  const decision = ANY.find((name) => name === text);
  if (decision === undefined && (text !== undefined || fields.value('decision') === undefined))
    fields.problem('decision', `must be one of ${ANY.join(', ')} (${text === undefined ? 'it is missing' : `not '${text.slice(0, 40)}'`})`);
  const argumentsHash = fields.optionalText('arguments_hash');
  const reason = fields.optionalText('reason', MAX_REASON_LENGTH);
  if (reason !== undefined && decision !== undefined && !(DECISIONS.approval as readonly string[]).includes(decision))
    fields.problem('reason', `goes with approve and deny, not with ${decision}`);
  const hasResult = fields.value('result') !== undefined;
  if (hasResult && decision !== undefined && decision !== 'done') fields.problem('result', `goes with done, not with ${decision}`);
  const result = hasResult ? fields.anyJson('result') : undefined;
  problems.throwIfAny();
  return { decision: decision as DecisionRequest['decision'], argumentsHash, reason, result };
}

const ANY = [...DECISIONS.approval, ...DECISIONS.outcome];
const MAX_REASON_LENGTH = 2_000;
