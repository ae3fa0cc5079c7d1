/** Front and worker as processes of their own: nothing is lost, nothing answered twice, also when a worker is killed. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import path from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { isLongForm } from '../support/long-form.js';
import { type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } } };
const CONNECTIONS = 64;
const [MANY, SOME] = isLongForm ? [10_000, 3_000] : [3_000, 1_500];

t.test(`${MANY} blocking messages over 64 connections are answered once each, with no error`, { timeout: 120_000 }, async (t) => {
  const { front, directory } = await startPair(t);
  const answers = await sendMany(front, MANY);
  checkAnswers(t, directory, answers, MANY);
});

t.test('a worker killed midway loses no message: another one finishes them (R1, R2, DEP-06)', { timeout: 120_000 }, async (t) => {
  const { front, worker, directory } = await startPair(t);
  let replaced: Promise<HectorProgram> | undefined;
  const answers = await sendMany(front, SOME, (answered) => {
    if (answered !== Math.ceil(SOME / 3) || replaced !== undefined) return;
    worker.child.kill('SIGKILL');
    replaced = spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] });
  });
  t.not(replaced, undefined, 'the worker was killed in the middle');
  await replaced;
  checkAnswers(t, directory, answers, SOME);
});

async function startPair(t: Test) {
  const directory = await temporaryDirectory(t);
  const [front, worker] = await Promise.all([
    spawnHector(t, { directory, config: CONFIG, roles: ['front'] }),
    spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] }),
  ]);
  return { front, worker, directory };
}

function checkAnswers(t: Test, directory: string, answers: readonly Answer[], count: number): void {
  t.equal(answers.length, count);
  t.same(
    answers.filter((answer) => answer.state !== 'TASK_STATE_COMPLETED').slice(0, 3),
    [],
    'every message was answered with a completed task',
  );
  t.equal(new Set(answers.map((answer) => answer.taskId)).size, count, 'every message has a task of its own');
  const database = new Database(path.join(directory, '.hector', 'hector.db'), { readonly: true });
  t.same(database.prepare(`select count(*) as tasks from tasks where state = 'TASK_STATE_COMPLETED'`).get(), { tasks: count });
  const twice = `select task_id from task_events where body like '%TASK_STATE_COMPLETED%' group by task_id having count(*) <> 1`;
  t.same(database.prepare(twice).all(), [], 'each was completed once');
  database.close();
}

interface Answer {
  readonly taskId: string;
  readonly state: string;
}

async function sendMany(front: HectorProgram, count: number, onAnswer: (answered: number) => void = () => {}): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const answers: Answer[] = [];
  let sent = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (sent < count) {
        sent += 1;
        answers.push(await sendOne(front.url, agent));
        onAnswer(answers.length);
      }
    }),
  );
  agent.destroy();
  return answers;
}

function sendOne(base: string, agent: Agent): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } });
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, hostname, port, path: '/agents/assistant', method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const task = (JSON.parse(text) as { result?: { task?: { id: string; status: { state: string } } } }).result?.task;
        resolve({ taskId: task?.id ?? '', state: task?.status.state ?? `${response.statusCode} ${text.slice(0, 300)}` });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
