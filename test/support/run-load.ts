/**
 * Clients that send one message after the other, half of them streaming and half of them waiting for the answer, until they are
 * told to stop. Owns the record of what they saw; judging it against the run log is `findLoadFaults`'s.
 */
import { artifactText, collectFrames, rpc, streamFrames, userMessage } from './a2a-client.js';
import { committedText, type LoggedRun } from './read-run-log.js';

export interface SeenRun {
  readonly kind: 'stream' | 'blocking';
  readonly messageId: string;
  readonly taskId: string;
  readonly state: string;
  /** What a streaming client ended up with. */
  readonly text: string | undefined;
  /** When it was sent and when it ended, `performance.now()`. */
  readonly sentAt: number;
  readonly endedAt: number;
}

export interface RunLoad {
  /** Runs that ended so far. */
  readonly seen: readonly SeenRun[];
  /** Requests that failed, in words. */
  readonly failures: readonly string[];
  /** Sends no more; resolves when what was sent has ended. */
  stop(): Promise<void>;
}

export function startRunLoad(url: string, clients: number): RunLoad {
  const seen: SeenRun[] = [];
  const failures: string[] = [];
  let stopped = false;
  const work = Array.from({ length: clients }, async (_, index) => {
    const kind = index % 2 === 0 ? 'stream' : 'blocking';
    while (!stopped) {
      const message = userMessage('How long does a refund take?');
      const sentAt = performance.now();
      try {
        const result = await (kind === 'stream' ? sendStreaming(url, message) : sendBlocking(url, message));
        seen.push({ kind, messageId: String(message['messageId']), ...result, sentAt, endedAt: performance.now() });
      } catch (error) {
        failures.push(`${kind} after ${Math.round(performance.now() - sentAt)} ms: ${error}`);
      }
    }
  });
  return {
    seen,
    failures,
    async stop() {
      stopped = true;
      await Promise.all(work);
    },
  };
}

type Ending = Pick<SeenRun, 'taskId' | 'state' | 'text'>;

async function sendStreaming(url: string, message: Record<string, unknown>): Promise<Ending> {
  const frames = await collectFrames(streamFrames(url, 'SendStreamingMessage', { message }));
  const error = frames.find(({ result }) => result.error !== undefined)?.result.error;
  if (error !== undefined) throw new Error(JSON.stringify(error));
  const state = frames.at(-1)?.result.statusUpdate?.status.state ?? '';
  return { taskId: frames[0]?.result.task?.id ?? '', state, text: artifactText(frames) };
}

async function sendBlocking(url: string, message: Record<string, unknown>): Promise<Ending> {
  const { body } = await rpc(url, 'SendMessage', { message });
  if (body.error !== undefined) throw new Error(JSON.stringify(body.error));
  return { taskId: body.result?.task?.id ?? '', state: body.result?.task?.status.state ?? '', text: undefined };
}

/** Whatever of this contradicts R1, R2, R4, R5 or R9. */
export function findLoadFaults(seen: readonly SeenRun[], runs: readonly LoggedRun[]): readonly string[] {
  const faults: string[] = [];
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const { kind, taskId, state, text } of seen) {
    const run = byId.get(taskId);
    if (run === undefined) faults.push(`${kind} ${taskId}: it was answered, but is not in the run log (R1)`);
    else if (state !== 'TASK_STATE_COMPLETED') faults.push(`${kind} ${taskId}: the client saw '${state}' last`);
    else if (text !== undefined && text !== committedText(run)) faults.push(`${kind} ${taskId}: the client's text is not the log's (R9)`);
  }
  const taken = new Set<string>();
  for (const { taskId } of seen) {
    if (taken.has(taskId)) faults.push(`${taskId}: two messages, one task`);
    taken.add(taskId);
  }
  for (const run of runs) {
    const states = run.events.map(({ body }) => body.status?.state ?? body.type);
    if (states.join() !== TWO_STEPS) faults.push(`${run.id}: ${states.join()} (R2)`);
    if (run.roles.join() !== 'user,agent,tool,agent') faults.push(`${run.id}: messages of ${run.roles.join()} (R2)`);
    if (run.events.some(({ seq }, index) => seq !== index + 1)) faults.push(`${run.id}: seq has a gap (R4)`);
  }
  return faults;
}

/** The offline model searches, then answers. */
const TWO_STEPS = 'task.created,TASK_STATE_WORKING,artifact.updated,artifact.updated,TASK_STATE_COMPLETED';
