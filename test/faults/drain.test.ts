/** SIGTERM to a process that does everything, in the middle of work: everybody is told, nothing is lost (ARCHITECTURE §5, Drain). */
import { request } from 'node:http';
import t, { type Test } from 'tap';
import { userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { checkLog, readRuns } from '../support/read-run-log.js';
import { type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const BLOCKING = 20;
const STREAMS = 10;

t.test('answers that fit into the budget are all given; streams are told to reconnect; exit code 0', { timeout: 60_000 }, async (t) => {
  const drained = await drainInMidAnswer(t, { tokenMs: 40, budgetMs: 15_000 });
  t.equal(drained.exitCode, 0, drained.output);
  t.same(
    drained.sends.map(({ status }) => status),
    Array.from({ length: BLOCKING }, () => 200),
  );
  t.ok(
    drained.sends.every(({ text }) => text.includes('TASK_STATE_COMPLETED')),
    'every blocking request got its answer',
  );
  checkStreams(t, drained.streams);
  await checkNextStart(t, drained.directory);
});

t.test(
  'answers that do not fit are refused for now, and the next start gives them; exit code 0 in time',
  { timeout: 60_000 },
  async (t) => {
    const budgetMs = 2_000;
    const drained = await drainInMidAnswer(t, { tokenMs: 200, budgetMs });
    t.equal(drained.exitCode, 0, drained.output);
    t.ok(drained.tookMs < budgetMs + 1_500, `it took ${Math.round(drained.tookMs)} ms`);
    t.same(
      drained.sends.filter(({ status, retryAfter }) => status !== 503 || !/^\d+$/.test(retryAfter)),
      [],
      'every blocking request got a 503 with Retry-After',
    );
    t.equal(drained.sends.length, BLOCKING);
    checkStreams(t, drained.streams);
    await checkNextStart(t, drained.directory);
  },
);

interface Reply {
  readonly status: number;
  readonly retryAfter: string;
  readonly text: string;
  /** The response was cut off before its end. */
  readonly isCut: boolean;
}

async function drainInMidAnswer(t: Test, { tokenMs, budgetMs }: { tokenMs: number; budgetMs: number }) {
  const directory = await temporaryDirectory(t);
  const program = await spawnHector(t, { directory, config: config(tokenMs, budgetMs) });
  const sends = Array.from({ length: BLOCKING }, () => post(program, 'SendMessage'));
  let speaking = 0;
  const streams = Array.from({ length: STREAMS }, () => {
    let spoke = false;
    return post(program, 'SendStreamingMessage', (text) => {
      if (spoke || !text.includes('artifactUpdate')) return;
      spoke = true;
      speaking += 1;
    });
  });
  await waitFor(() => speaking === STREAMS && readRuns(directory).filter(({ state }) => state === 'TASK_STATE_WORKING').length === 30);
  program.child.kill('SIGTERM');
  const started = performance.now();
  const [exitCode, sendReplies, streamReplies] = await Promise.all([program.exited, Promise.all(sends), Promise.all(streams)]);
  return {
    directory,
    exitCode,
    tookMs: performance.now() - started,
    sends: sendReplies,
    streams: streamReplies,
    output: program.output(),
  };
}

function config(tokenMs: number, budgetMs: number) {
  return {
    agents: { assistant: {} },
    llms: { default: { provider: 'offline', token_ms: tokenMs } },
    server: { shutdown_timeout_ms: budgetMs },
    queue: { lease_ms: 1_000 },
  };
}

function checkStreams(t: Test, streams: readonly Reply[]): void {
  t.equal(streams.length, STREAMS);
  t.same(
    streams.filter(({ isCut, text }) => isCut || !/\nretry: ?\d+\n\n$/.test(text)).map(({ text }) => text.slice(-200)),
    [],
    'every stream ended cleanly, its last word where to go on',
  );
}

/** Another Hector in the same folder finishes everything, once. */
async function checkNextStart(t: Test, directory: string): Promise<void> {
  await spawnHector(t, { directory, config: config(0, 2_000) });
  await waitFor(() => readRuns(directory).every(({ state }) => state === 'TASK_STATE_COMPLETED'), 30_000);
  const runs = readRuns(directory);
  t.equal(runs.length, BLOCKING + STREAMS);
  for (const run of runs) checkLog(t, run);
}

/** Resolves when the response is over, however it ended; rejects when there was none. */
function post(program: HectorProgram, method: string, onText: (text: string) => void = () => {}): Promise<Reply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message: userMessage('Why is that?') } });
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', accept: 'application/json, text/event-stream' };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${program.url}/agents/assistant`, { method: 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        onText(text);
      });
      response.on('error', () => {});
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'] ?? '',
          text,
          isCut: !response.complete,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
