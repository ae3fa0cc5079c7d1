import { isJsonObject } from '../../base/json.js';
import type { ModelEvent } from './contract.js';

/** A whole tool call from the JSON text that the model wrote; text that is no JSON object is kept as `invalidArguments`. */
export function toToolCallEvent(call: { readonly id: string; readonly name: string; readonly arguments: string }): ModelEvent {
  const { id, name } = call;
  const text = call.arguments.trim();
  if (text === '') return { type: 'tool_call', id, name, arguments: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return { type: 'tool_call', id, name, arguments: value };
  } catch {
    // Told to the model through `invalidArguments`, so that it can try again (AGT-07).
  }
  return { type: 'tool_call', id, name, arguments: {}, invalidArguments: call.arguments };
}
