/** What runs ask somebody outside, as their logs have it. */
import { isJsonObject, type JsonValue } from '../base/json.js';
import { isInterrupted } from '../protocol/task-state.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { OpenCall } from '../tasks/task-facts.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';

export interface Question extends OpenCall {
  /** Of the status that asks: the same call may be asked about again. */
  readonly messageId: string;
  readonly argumentsHash: string;
  readonly arguments: JsonValue;
  readonly prompt: string;
  /** Who wants to make it; '' = the run's own agent. */
  readonly agent: string;
}

type Log = Pick<TaskStore, 'events'>;

/** The questions that a waiting run waits on; none for a run that does not wait. */
export async function findOpenQuestions(log: Log, task: TaskRecord): Promise<readonly Question[]> {
  if (!isInterrupted(task.state)) return [];
  for await (const event of newestFirst(log, task)) if (event.type === 'status.changed') return questionsOf(event);
  return [];
}

/** The newest question about this call, answered or not. */
export async function findQuestion(log: Log, task: TaskRecord, callId: string): Promise<Question | undefined> {
  for await (const event of newestFirst(log, task)) {
    const question = questionsOf(event).find((asked) => asked.callId === callId);
    if (question !== undefined) return question;
  }
  return undefined;
}

/** A run's events, the newest first, back to `MAX_EVENTS`. */
export async function* newestFirst(log: Log, { id, seq }: TaskRecord): AsyncGenerator<TaskEvent> {
  const oldest = Math.max(0, seq - MAX_EVENTS);
  for (let end = seq; end > oldest; end -= PAGE) {
    const start = Math.max(oldest, end - PAGE);
    yield* [...(await log.events(id, start, end - start))].reverse();
  }
}

function questionsOf(event: TaskEvent): readonly Question[] {
  if (event.type !== 'status.changed' || !isInterrupted(event.status.state)) return [];
  const { message } = event.status;
  return (message?.parts ?? []).flatMap(({ data }) => {
    if (!isJsonObject(data)) return [];
    const { type, tool_call_id: callId, tool_name: tool, arguments_hash: hash, prompt, agent } = data;
    const asks = typeof type === 'string' ? ASKS.get(type) : undefined;
    if (asks === undefined || typeof callId !== 'string') return [];
    return [
      {
        callId,
        asks,
        tool: typeof tool === 'string' ? tool : '',
        messageId: message?.messageId ?? '',
        argumentsHash: typeof hash === 'string' ? hash : '',
        arguments: data.arguments ?? null,
        prompt: typeof prompt === 'string' ? prompt : '',
        agent: typeof agent === 'string' ? agent : '',
      },
    ];
  });
}

const ASKS: ReadonlyMap<string, OpenCall['asks']> = new Map([
  ['tool_approval_request', 'approval'],
  ['tool_outcome_request', 'outcome'],
]);
const PAGE = 200;
/** How far back a question is looked for. */
const MAX_EVENTS = 5_000;
