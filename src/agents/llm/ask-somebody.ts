/** The pause of a run for somebody's decisions: what people and programs are told (API-55, TOOL-60, TOOL-62). */
import { isoTime } from '../../base/clock.js';
import { newId } from '../../base/ids.js';
import type { JsonObject, JsonValue } from '../../base/json.js';
import { showUnseen } from '../../base/unseen.js';
import type { Part } from '../../protocol/a2a.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import { DECISIONS } from '../../tasks/tool-call.js';
import type { StepOutcome } from '../agent.js';
import type { Question } from './plan-calls.js';

export interface AskOptions {
  readonly questions: readonly Question[];
  /** Why the last message did not decide what it wanted to. */
  readonly problems: readonly string[];
  readonly task: Pick<TaskRecord, 'id' | 'contextId'>;
  /** 0 = the wait has no end of its own. */
  readonly expiresAfterMs: number;
  readonly now: number;
}

type StepResult = Pick<StepOutcome, 'control' | 'messages' | 'events' | 'toolCalls'>;

export function askSomebody({ questions, problems, task, expiresAfterMs, now }: AskOptions, result: StepResult): StepOutcome {
  // Whoever decides must see what is there: a model, or a page that it read, chose these arguments.
  const text = showUnseen([...problems, ...describeQuestions(questions)].join('\n'));
  const expiry = expiresAfterMs > 0 ? { expires_at: isoTime(now + expiresAfterMs) } : {};
  return {
    type: 'wait',
    state: 'TASK_STATE_INPUT_REQUIRED',
    statusMessage: {
      messageId: newId(now),
      role: 'ROLE_AGENT',
      taskId: task.id,
      contextId: task.contextId,
      parts: [{ text }, ...questions.map((question): Part => ({ data: { ...describeForPrograms(question), ...expiry } }))],
    },
    statusMetadata: { input_required: true, long_running_tool_ids: questions.map(({ row }) => row.callId), input_prompt: text },
    ...(expiresAfterMs > 0 ? { expiresAfterMs } : {}),
    ...result,
  };
}

function describeForPrograms(question: Question): JsonObject {
  const { asks, row, attempt } = question;
  const common = {
    tool_call_id: row.callId,
    tool_name: row.tool,
    arguments: argumentsOf(question),
    arguments_hash: row.argumentsHash,
    prompt: showUnseen(describePrompt(question)),
  };
  if (asks === 'approval') return { type: 'tool_approval_request', ...common };
  return {
    type: 'tool_outcome_request',
    ...common,
    idempotency_key: row.idempotencyKey,
    started_at: isoTime(attempt?.startedAt ?? 0),
    attempt: attempt?.number ?? 1,
    options: DECISIONS.outcome,
  };
}

function describeQuestions(questions: readonly Question[]): readonly string[] {
  const [only] = questions;
  if (questions.length === 1 && only !== undefined) {
    return [describePrompt(only), only.asks === 'approval' ? 'Answer approve or deny.' : 'Answer done, retry or skip.'];
  }
  return [
    `${questions.length} calls wait; decide each by its tool_call_id:`,
    ...questions.map((question) => `- ${question.row.callId}: ${describePrompt(question)}`),
  ];
}

function describePrompt(question: Question): string {
  const { asks, row, attempt, ready } = question;
  const call = `${row.tool} ${cut(JSON.stringify(argumentsOf(question)))}`;
  if (asks === 'outcome') {
    const begun = `It was begun at ${isoTime(attempt?.startedAt ?? 0)} (attempt ${attempt?.number ?? 1}) and its result was lost.`;
    return `Was this call carried out? ${call}\n${begun} Say done if it was, retry to run it again, skip to go on without it.`;
  }
  const template = ready?.tool.approvalPrompt;
  return ready === undefined || template === undefined
    ? `May this call be run? ${call}`
    : `${renderPrompt(template, ready.arguments, ready.tool.parameters)}\n${call}`;
}

/** `{name}` stands for the argument of that name, '' when it is left out; other braces stay as they are. */
function renderPrompt(template: string, args: JsonObject, parameters: JsonObject): string {
  const known = (parameters['properties'] ?? {}) as JsonObject;
  return template.replaceAll(/\{([\w.-]+)\}/g, (whole, name: string) => {
    if (Object.hasOwn(args, name)) return toText(args[name]);
    return Object.hasOwn(known, name) ? '' : whole;
  });
}

function argumentsOf({ ready, call }: Question): JsonObject {
  return ready?.arguments ?? call.arguments;
}

function toText(value: JsonValue | undefined): string {
  return cut(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
}

/** People read this; the data part has the whole. */
function cut(text: string): string {
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}… [${text.length} characters]`;
}

const MAX_SHOWN_LENGTH = 500;
