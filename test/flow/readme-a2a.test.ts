/** The README's A2A section, run as it stands: each operation with curl, and with the official SDK over its three transports. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { SDK_TRANSPORTS } from '../support/sdk-client.js';
import { startTestHector } from '../support/start-hector.js';
import { startWebhook } from '../support/webhook.js';

const OPERATIONS = [
  ...['SendMessage', 'SendStreamingMessage', 'GetTask', 'ListTasks', 'CancelTask', 'SubscribeToTask', 'GetExtendedAgentCard'],
  ...['CreateTaskPushNotificationConfig', 'GetTaskPushNotificationConfig', 'ListTaskPushNotificationConfigs'],
  'DeleteTaskPushNotificationConfig',
];
/** The SDK's numbers. */
const [COMPLETED_STATE, CANCELED_STATE] = [3, 5];
const COMPLETED = /"state":"TASK_STATE_COMPLETED"/;
/** What the answers of each operation hold, in the README's order. */
const CURL_ANSWERS: readonly (readonly [operation: string, answer: RegExp])[] = [
  ['SendMessage', COMPLETED],
  ['SendStreamingMessage', /^id: 1\ndata: .*"task":[\s\S]*"artifactUpdate"[\s\S]*"state":"TASK_STATE_COMPLETED"/m],
  ['SendMessage', /"state":"TASK_STATE_(SUBMITTED|WORKING)"/],
  ['SubscribeToTask', /^data: .*"result":\{"task":[\s\S]*"state":"TASK_STATE_COMPLETED"/m],
  ['SendMessage', /"state":"TASK_STATE_(SUBMITTED|WORKING)"/],
  ['CreateTaskPushNotificationConfig', /"id":"mine".*"token":"secret"/],
  ['GetTaskPushNotificationConfig', /"id":"mine"/],
  ['ListTaskPushNotificationConfigs', /"configs":\[\{.*"id":"mine"/],
  ['DeleteTaskPushNotificationConfig', /"result":\{\}/],
  ['SubscribeToTask', /^id: 2\ndata: .*"statusUpdate"[\s\S]*"state":"TASK_STATE_COMPLETED"/m],
  ['SendMessage', /"state":"TASK_STATE_(SUBMITTED|WORKING)"/],
  ['CancelTask', /"state":"TASK_STATE_CANCELED"/],
  ['GetTask', /"state":"TASK_STATE_CANCELED".*"history":\[\{/],
  ['ListTasks', /"tasks":\[\{.*"artifacts":.*"totalSize":\d/],
  ['GetExtendedAgentCard', /"id":"refund"/],
];

t.test('the curl commands run as they stand, and each operation answers what it says (J1, J2, J3, T7, T8, P2, X4)', async (t) => {
  const { url, webhook } = await startServer(t);
  const script = fitTo(readBlock('sh'), url, webhook);
  // Told on another stream which call begins, so that answers are told apart.
  const traced = script
    .replace('a2a() { curl', 'a2a() { echo "<<$1>>" >> "$ANSWERS"; curl')
    .replace(/curl (.*); \}$/m, 'curl $1 | tee -a "$ANSWERS"; }');
  const folder = await temporaryFolder(t);
  const answers = path.join(folder, 'answers');
  await run('bash', ['-euo', 'pipefail', '-c', traced], { ANSWERS: answers });
  const [, ...given] = readFileSync(answers, 'utf8').split('<<');
  t.same(
    given.map((answer) => answer.slice(0, answer.indexOf('>>'))),
    CURL_ANSWERS.map(([operation]) => operation),
  );
  for (const [index, [operation, expected]] of CURL_ANSWERS.entries()) {
    t.match(given[index], expected, operation);
    t.notMatch(given[index], /"error":/, operation);
  }
  t.same(new Set(CURL_ANSWERS.map(([operation]) => operation)), new Set(OPERATIONS), 'all eleven');
});

t.test('the program with the official SDK runs as it stands over each binding (J3, RE1, GR1, T3, T7, N1, K1, L6, P2, X4)', async (t) => {
  const { url, webhook } = await startServer(t);
  const program = path.join(await temporaryFolder(t), 'client.mjs');
  await writeFile(program, fitTo(readBlock('js'), url, webhook));
  const outputs = await Promise.all(SDK_TRANSPORTS.map((binding) => run(process.execPath, [program, binding])));
  for (const [index, output] of outputs.entries()) {
    const shown = new Map<string, string[]>();
    for (const line of output.trim().split('\n')) {
      const name = line.slice(0, line.indexOf(' '));
      shown.set(name, [...(shown.get(name) ?? []), line.slice(name.length + 1)]);
    }
    // What is deleted answers nothing.
    t.same(new Set([...shown.keys(), 'DeleteTaskPushNotificationConfig']), new Set(OPERATIONS), `over ${SDK_TRANSPORTS[index]}`);
    const last = (name: string) => JSON.parse(shown.get(name)?.at(-1) ?? 'null');
    t.equal(last('SendMessage').status.state, COMPLETED_STATE);
    for (const stream of ['SendStreamingMessage', 'SubscribeToTask']) {
      t.match(shown.get(stream)?.[0], /"\$case":"task"/);
      t.match(last(stream), { $case: 'statusUpdate', value: { status: { state: COMPLETED_STATE } } }, stream);
    }
    t.match(last('CreateTaskPushNotificationConfig'), { id: 'mine', url: webhook });
    t.match(last('ListTaskPushNotificationConfigs'), { configs: [{ id: 'mine' }] });
    t.same([last('CancelTask').status.state, last('GetTask').status.state], [CANCELED_STATE, CANCELED_STATE]);
    t.ok(last('ListTasks').tasks.length >= 2);
    t.match(last('GetExtendedAgentCard').skills.at(-1), { id: 'refund' });
  }
});

/** Slow enough that a task which was just sent is still at work when the next line runs. */
async function startServer(t: Test): Promise<{ readonly url: string; readonly webhook: string }> {
  const webhook = await startWebhook(t);
  const extended_card = { skills: [{ id: 'refund', name: 'Refunds', description: 'Pays money back', tags: ['money'] }] };
  const { url } = await startTestHector(t, {
    config: {
      llms: { slow: { provider: 'offline', first_token_ms: 1_200 } },
      agents: { assistant: { llm: 'slow', extended_card } },
      server: { grpc_port: 0, a2a: { push: { allow_private: ['127.0.0.1'] } } },
    },
  });
  return { url, webhook: webhook.url };
}

function readBlock(language: 'sh' | 'js'): string {
  const section = readFileSync('README.md', 'utf8').split('\n## A2A\n')[1]?.split('\n## ')[0] ?? '';
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  if (blocks.length !== 1) throw new Error(`${blocks.length} blocks of ${language} in the A2A section; wanted one`);
  return blocks[0]?.[1] ?? '';
}

/** The README's addresses, here. */
function fitTo(text: string, url: string, webhook: string): string {
  const fitted = text.replaceAll('http://localhost:8080', url).replaceAll('https://example.com/hook', webhook);
  if (!fitted.includes(url) || !fitted.includes(webhook))
    throw new Error('the README speaks to other addresses than http://localhost:8080');
  return fitted;
}

/** Below `dist`, where the SDK is found. */
async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(fileURLToPath(new URL('../../readme-', import.meta.url)));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function run(command: string, args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    env: { PATH: process.env['PATH'], ...environment },
    timeout: 60_000,
  });
  return stdout;
}
