import { sha256Hex } from '../../base/json.js';

/**
 * The id of a tool call as a provider takes it (AGT-06): a session may hold ids that another provider or server made.
 * The same id always becomes the same one, so a call and its result still meet and a cached prefix stays the same.
 */
export function toWireCallId(id: string, allowed: RegExp): string {
  return allowed.test(id) ? id : `call_${sha256Hex(id).slice(0, 24)}`;
}
