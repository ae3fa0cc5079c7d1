/** Compares what a caller saw of a run, what SQL holds, and what GetTask says. Returns what is wrong, as sentences. */
import type { WireTask } from '../a2a-client.js';
import { StreamClient } from '../stream-client.js';
import type { StoredRun, TimedEvent } from './read-runs-sql.js';
import type { RunResult } from './run-client.js';
import { plannedCalls, stepMark } from './run-plan.js';

const TERMINAL = /^TASK_STATE_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

export function checkRun(result: RunResult, stored: StoredRun | undefined, task: WireTask | undefined): readonly string[] {
  if (stored === undefined) return [...result.problems, `its task '${result.taskId}' is not in the database (R1)`];
  const problems = [...result.problems];
  const expectEqual = (what: string, found: unknown, wanted: unknown) => {
    const [have, want] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (have !== want) problems.push(`${what}: found ${cut(have)}, wanted ${cut(want)}`);
  };
  expectEqual('state in SQL', stored.state, 'TASK_STATE_COMPLETED');
  expectEqual('state as the caller saw it', result.state, 'TASK_STATE_COMPLETED');
  checkLog(stored, expectEqual);
  checkSteps(result, stored, expectEqual);
  if (task === undefined) return [...problems, 'GetTask does not find it'];
  const held = new StreamClient();
  held.apply(undefined, { task });
  expectEqual('GetTask and SQL', held.texts.get('response'), committedText(stored.events));
  checkClient(result, stored, held, expectEqual);
  return problems;
}

/** What a client that followed its stream holds is what the log and `GetTask` hold. */
export function checkClient(result: RunResult, stored: StoredRun, held: StreamClient, expectEqual: ExpectEqual): void {
  if (result.log !== undefined) {
    const { firstSeq, events, view } = result.log;
    const wanted = stored.events.filter(({ seq, body }) => seq > firstSeq && body.type !== 'message.added' && body.type !== 'task.created');
    expectEqual(
      "the client's events and the log's (R4)",
      events.map(({ seq, epoch, type, state = '' }) => [seq, epoch, type, state]),
      wanted.map(({ seq, epoch, body }) => [seq, epoch, body.type, body.status?.state ?? '']),
    );
    expectEqual("the client's text and GetTask's (R9)", view.content(), held.content());
    expectEqual('the first Task is of no later event than the last', firstSeq <= stored.seq, true);
  }
}

/** R4 no gap, R5 one end and nothing after it, R3 epochs only rise. */
export function checkLog({ seq, events }: StoredRun, expectEqual: ExpectEqual): void {
  const seqs = events.map((event) => event.seq);
  expectEqual(
    'seq of the events (R4)',
    seqs,
    Array.from({ length: seq }, (_, index) => index + 1),
  );
  const ends = events.filter(({ body }) => TERMINAL.test(body.status?.state ?? '')).map((event) => event.seq);
  expectEqual('terminal events (R5)', ends, [seq]);
  const epochs = events.map(({ epoch }) => epoch);
  const sorted = [...epochs].sort((a, b) => a - b);
  expectEqual('epochs (R3)', epochs, sorted);
}

/** R2: each model call's text, each call and each result is in the log once, in the order of the plan. */
function checkSteps({ plan }: RunResult, { events, messages }: StoredRun, expectEqual: ExpectEqual): void {
  const text = committedText(events);
  const marks = text.match(/\[[^\]\s]+\/\d+\]/g) ?? [];
  const steps = [...plan.steps, ''].map((_, step) => stepMark(plan.run, step));
  expectEqual('text of the steps (R2)', marks, steps);
  const calls = plannedCalls(plan).map(({ id }) => id);
  const parts = messages.flatMap((message) => message.parts);
  const called = parts.filter(({ type }) => type === 'tool_call').map(({ id }) => id);
  expectEqual('calls in the session (R2)', called, calls);
  const results = parts.filter(({ type }) => type === 'tool_result').map(({ callId, isError }) => `${callId}${isError ? ' failed' : ''}`);
  expectEqual('results in the session (R2)', results, calls);
}

export type ExpectEqual = (what: string, found: unknown, wanted: unknown) => void;

export function committedText(events: readonly TimedEvent[]): string {
  let text = '';
  for (const { body } of events) {
    if (body.type !== 'artifact.updated') continue;
    text = (body.append === true ? text : '') + (body.artifact?.parts ?? []).map((part) => part.text ?? '').join('');
  }
  return text;
}

/** The part where two long texts differ is seldom at their beginning, but their lengths tell. */
function cut(text: string): string {
  return text.length <= 1_500 ? text : `${text.slice(0, 1_500)}… (${text.length} characters)`;
}
