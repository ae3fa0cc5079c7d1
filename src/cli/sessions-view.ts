/** Sessions as people read them. */
import type { JsonObject, JsonValue } from '../base/json.js';
import { describeAge } from '../tasks/explain-words.js';
import { formatColumns, toText as text } from './format-answer.js';

export function formatSessions(
  sessions: readonly JsonObject[],
  { withHead, now }: { readonly withHead: boolean; readonly now: number },
): string {
  const rows = sessions.map((session) => [
    text(session['id']),
    text(session['messages_total']),
    `${describeAge(now - Date.parse(text(session['updated_at'])))}`,
    text(session['agent']),
    text(session['context_id']),
  ]);
  const head = withHead ? [['SESSION', 'MESSAGES', 'LAST USE', 'AGENT', 'CONTEXT']] : [];
  return formatColumns([...head, ...rows], WIDTHS);
}

export function formatSession(session: JsonObject): string {
  const state = (session['state'] ?? {}) as JsonObject;
  const messages = (session['messages'] ?? []) as readonly JsonObject[];
  const rows = [
    ['Session', text(session['id'])],
    ['Context', text(session['context_id'])],
    ['Agent', text(session['agent'])],
    ['Begun', text(session['created_at'])],
    ['Last use', text(session['updated_at'])],
    ['Messages', `${text(session['messages_total'])} in ${text(session['runs'])} runs, the last ${messages.length} below`],
    ...Object.entries(state).map(([key, value]) => ['State', `${key} = ${JSON.stringify(value)}`]),
  ];
  const said = messages.map(
    (message) => `\n${text(message['created_at'])}  ${text(message['author'])}\n${indent(describeParts(message['parts']))}\n`,
  );
  return [...rows.map(([label, value]) => `${`${label}:`.padEnd(10)}${value}\n`), ...said].join('');
}

function describeParts(parts: JsonValue | undefined): string {
  return ((parts ?? []) as readonly JsonObject[]).map(describePart).join('\n');
}

function describePart(part: JsonObject): string {
  switch (part['type']) {
    case 'text':
      return text(part['text']);
    case 'thinking':
      return `(thought) ${text(part['text'])}`;
    case 'tool_call':
      return `(calls ${text(part['name'])}) ${JSON.stringify(part['arguments'])}`;
    case 'tool_result':
      return `(${text(part['name'])} answers) ${text(part['content'])}`;
    case 'data':
      return JSON.stringify(part['data']);
    default:
      return `(file) ${text(part['filename'] ?? part['url'] ?? part['mediaType'])}`;
  }
}

function indent(block: string): string {
  return block.replace(/^/gm, '  ');
}

/** Of id, count, age, agent. */
const WIDTHS = [36, 8, 10, 16];
