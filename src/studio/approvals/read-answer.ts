import { isJsonObject } from '../../base/json.js';

/** What the answer of the approval webhook says. */
export type WebhookAnswer =
  | { readonly type: 'decided'; readonly decision: 'approve' | 'deny'; readonly reason: string | undefined }
  /** It only took note. */
  | { readonly type: 'told' }
  /** It may have meant to decide, and did not. */
  | { readonly type: 'unreadable'; readonly problem: string };

/** `{"decision": "approve" | "deny", "reason"?}` or `{"approved": true | false, "reason"?}`; a body without either decides nothing. */
export function readAnswer(body: string): WebhookAnswer {
  if (body.trim() === '') return { type: 'told' };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Many servers say `ok` to everything.
    return { type: 'told' };
  }
  if (!isJsonObject(value)) return { type: 'told' };
  const { decision, approved, reason } = value;
  if (decision === undefined && approved === undefined) return { type: 'told' };
  const said = approved === undefined ? decision : approved === true ? 'approve' : approved === false ? 'deny' : approved;
  if ((said !== 'approve' && said !== 'deny') || (decision !== undefined && decision !== said))
    return {
      type: 'unreadable',
      problem: `wanted {"decision": "approve"} or "deny", or {"approved": true} or false, not ${body.slice(0, 200)}`,
    };
  return { type: 'decided', decision: said, reason: typeof reason === 'string' ? reason.slice(0, MAX_REASON_LENGTH) : undefined };
}

const MAX_REASON_LENGTH = 2_000;
