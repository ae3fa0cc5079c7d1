/** `structured_output` (AGT-60): what was answered, held against the schema. */
import { newId } from '../../base/ids.js';
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { StructuredOutputSettings } from '../../config/llm-agent-settings.js';
import type { CheckArguments } from '../../providers/tools/arguments.js';
import type { SessionMessage } from '../../tasks/session-message.js';

export type OutputCheck =
  /** With the schema's defaults. */
  { readonly type: 'valid'; readonly value: JsonValue } | { readonly type: 'invalid'; readonly problems: string };

export function checkOutput(text: string, { name, schema }: StructuredOutputSettings, check: CheckArguments): OutputCheck {
  let value: JsonValue;
  try {
    value = JSON.parse(withoutFence(text)) as JsonValue;
  } catch (error) {
    return { type: 'invalid', problems: `it is no JSON: ${(error as Error).message}` };
  }
  const checked = check({ name, parameters: schema }, value as JsonObject);
  return checked.type === 'valid' ? { type: 'valid', value: checked.arguments } : { type: 'invalid', problems: checked.problems };
}

/** The conversation with an answer that does not fit, and what is wrong with it; for the next try alone. */
export function askForRepair(answer: string, problems: string, agent: string): readonly SessionMessage[] {
  const said = (role: 'agent' | 'user', author: string, text: string): SessionMessage => ({
    ...{ id: newId(), role, author, createdAt: 0 },
    parts: [{ type: 'text', text }],
  });
  return [
    ...(answer === '' ? [] : [said('agent', agent, answer)]),
    said('user', 'user', `That answer does not fit the JSON Schema: ${problems}. Answer again with the corrected JSON and nothing else.`),
  ];
}

/** Models like to put their JSON into a code block. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const head = trimmed.slice(0, Math.max(0, trimmed.indexOf('\n')));
  if (!/^```(?:json)?\s*$/.test(head) || !trimmed.endsWith('```') || trimmed.length < head.length + 4) return text;
  return trimmed.slice(head.length, -3).trim();
}
