/** What a run left in SQLite, read as a stranger would: past all of Hector's code. */
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Test } from 'tap';

export interface LoggedEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly body: {
    readonly type: string;
    readonly status?: { readonly state: string };
    readonly artifact?: { readonly parts: readonly { readonly text?: string }[] };
    readonly append?: boolean;
    readonly lastChunk?: boolean;
  };
}

export interface LoggedRun {
  readonly id: string;
  readonly state: string;
  readonly epoch: number;
  /** Number of the step that would be next. */
  readonly step: number;
  readonly seq: number;
  readonly events: readonly LoggedEvent[];
  /** Roles of the session's messages that belong to this run. */
  readonly roles: readonly string[];
}

/** Every task of the state folder below `directory`, oldest first. */
export function readRuns(directory: string): readonly LoggedRun[] {
  const database = new Database(path.join(directory, '.hector', 'hector.db'), { readonly: true, timeout: 5_000 });
  try {
    return database.transaction(() => {
      const tasks = database.prepare('select id, state, epoch, step, seq from tasks order by created_at, id').all() as LoggedRun[];
      const events = database.prepare('select seq, epoch, body from task_events where task_id = ? order by seq');
      const messages = database.prepare('select body from session_messages where task_id = ? order by turn, position');
      return tasks.map((task) => ({
        ...task,
        events: (events.all(task.id) as { seq: number; epoch: number; body: string }[]).map((row) => ({
          ...row,
          body: JSON.parse(row.body) as LoggedEvent['body'],
        })),
        roles: (messages.all(task.id) as { body: string }[]).map(({ body }) => (JSON.parse(body) as { role: string }).role),
      }));
    })();
  } finally {
    database.close();
  }
}

export function findRun(directory: string, taskId: string): LoggedRun | undefined {
  return readRuns(directory).find((run) => run.id === taskId);
}

const TERMINAL = /^TASK_STATE_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

/** R4 no gap, R5 one end and nothing after it, R3 epochs only rise. */
export function checkLog(t: Test, run: LoggedRun, state = 'TASK_STATE_COMPLETED'): void {
  t.equal(run.state, state);
  t.same(
    run.events.map(({ seq }) => seq),
    Array.from({ length: run.seq }, (_, index) => index + 1),
    'seq has no gap (R4)',
  );
  const ends = run.events.filter(({ body }) => TERMINAL.test(body.status?.state ?? ''));
  t.same(
    ends.map(({ seq, body }) => [seq, body.status?.state]),
    [[run.seq, state]],
    'one terminal event, the last (R5)',
  );
  const epochs = run.events.map(({ epoch }) => epoch);
  t.same(
    epochs,
    [...epochs].sort((a, b) => a - b),
    'epochs only rise (R3)',
  );
}

/** All artifact text that is committed. */
export function committedText({ events }: LoggedRun): string {
  let text = '';
  for (const { body } of events) {
    if (body.type !== 'artifact.updated') continue;
    text = (body.append === true ? text : '') + (body.artifact?.parts ?? []).map((part) => part.text ?? '').join('');
  }
  return text;
}
