/**
 * Random runs of an agent in code, each followed by one client that nobody disturbs and by others that drop their connection again and
 * again and go on at another front, over another binding. What each of them puts together is the same to the byte. In the middle a worker dies.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { rpc, type WireTask } from '../support/a2a-client.js';
import { ClientLog } from '../support/chaos/client-log.js';
import { databaseConfig } from '../support/chaos/database-config.js';
import { ClientViews } from '../support/client-views.js';
import { connectClient } from '../support/grpc-rig.js';
import { chooseSeed, isLongForm, reportFigure } from '../support/long-form.js';
import type { StreamFront } from '../support/open-stream.js';
import { createRandom, type Random } from '../support/random.js';
import { createScript, type RunScript } from '../support/run-script.js';
import { freePort, type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';
import { createSqlite, forEachDialect, type TempDatabase } from '../support/temp-database.js';
import { WanderingClient } from '../support/wandering-client.js';

const PROGRAM = fileURLToPath(new URL('../support/scripted-agent-program.js', import.meta.url));
const AGENT = 'scripted';
const CLIENTS = 4;
/** Runs at the same time. */
const AT_ONCE = 12;

if (isLongForm) {
  forEachDialect(t, (t, createOpenTemp) => {
    void t.test('400 runs, five clients each, three fronts (R4, R9, R10)', { timeout: 600_000 }, async (t) => {
      await compareClients(t, await createOpenTemp(t)(), { runs: 400, seed: chooseSeed(4_713), deaths: 6 });
    });
  });
} else {
  t.test('24 runs, five clients each, three fronts (R4, R9, R10)', { timeout: 100_000 }, async (t) => {
    await compareClients(t, await createSqlite(t), { runs: 24, seed: 20_261_122, deaths: 1 });
  });
}

async function compareClients(
  t: Test,
  database: TempDatabase,
  { runs, seed, deaths }: { readonly runs: number; readonly seed: number; readonly deaths: number },
): Promise<void> {
  t.comment(`seed ${seed}`);
  const cluster = await startCluster(t, database);
  const random = createRandom(seed);
  const plans = Array.from({ length: runs }, (_, index) => ({
    index,
    script: createScript(random),
    random: createRandom(seed + index + 1),
  }));
  const total = { connections: 0, previewResumes: 0, shared: 0, takeovers: 0 };
  let done = 0;
  const worker = async () => {
    for (let plan = plans.shift(); plan !== undefined && t.passing(); plan = plans.shift()) {
      const name = `run ${plan.index} of seed ${seed}`;
      const { problems, views, clients } = await followScript(cluster.fronts, plan.script, plan.random);
      t.same(problems, [], name);
      total.connections += clients.reduce((sum, { log }) => sum + log.connections, 0);
      total.previewResumes += clients.reduce((sum, { previewResumes }) => sum + previewResumes, 0);
      total.shared += views.shared;
      if (views.undisturbed.events.some(({ epoch }) => epoch > 1)) total.takeovers += 1;
      done += 1;
      // One worker at a time dies, with whatever it runs, and another one comes.
      if (done % Math.ceil(runs / (deaths + 1)) === 0 && done < runs) await cluster.replaceWorker();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  reportFigure(
    t,
    'client logs',
    `${runs} runs, ${total.connections} connections, ${total.previewResumes} times back amid previews, ${total.shared} places compared, ${total.takeovers} with several turns, seed ${seed}`,
  );
  t.equal(done, runs);
  t.ok(total.connections > runs * CLIENTS, 'clients came again');
  // How often depends on how fast the machine is: a few runs may all have been elsewhere.
  if (isLongForm) t.ok(total.previewResumes > 0, 'also amid previews');
  t.ok(total.shared > runs * CLIENTS, 'clients met');
}

interface Outcome {
  readonly problems: readonly string[];
  readonly views: ClientViews;
  readonly clients: readonly WanderingClient[];
}

/** One run with all of its clients. */
async function followScript(fronts: readonly StreamFront[], script: RunScript, random: Random): Promise<Outcome> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: JSON.stringify(script) }] };
  const options = { fronts, agent: AGENT, message };
  const views = new ClientViews(new ClientLog());
  const undisturbed = new WanderingClient(options, random, views, views.undisturbed);
  const following = undisturbed.followUndisturbed();
  const user = actAsUser(undisturbed, script);
  // Elsewhere, other clients come: some with the task's id, some with the same message (R11).
  const others = Array.from({ length: CLIENTS }, () => new WanderingClient(options, createRandom(random.below(2 ** 31)), views));
  await Promise.all([following, user, ...others.map((client) => client.wander(undisturbed))]);
  const all = [undisturbed, ...others];
  const problems = all.flatMap(({ name, log }) => log.problems.map((problem) => `${name}: ${problem}`));
  if (problems.length > 0) return { problems, views, clients: all };
  const { body } = await rpc(`${random.pick(fronts).url}/agents/${AGENT}`, 'GetTask', { id: undisturbed.log.taskId });
  if (body.error !== undefined) return { problems: [`GetTask: ${body.error.message}`], views, clients: all };
  const differences = all.flatMap(({ name, log }) => {
    const difference = views.findDifference(log, body.result as unknown as WireTask);
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
  return { problems: differences, views, clients: all };
}

/** Answers each question and cancels where the script says so. */
async function actAsUser(client: WanderingClient, { cancelAfter }: RunScript): Promise<void> {
  const call = async (method: string, params: object) => rpc(`${client.front().url}/agents/${AGENT}`, method, params);
  let answers = 0;
  let isCanceled = false;
  for (;;) {
    const { log } = client;
    if (client.isDone) return;
    if (cancelAfter !== undefined && !isCanceled && client.frames >= cancelAfter) {
      isCanceled = true;
      await call('CancelTask', { id: log.taskId });
      continue;
    }
    if (client.questions > answers) {
      answers += 1;
      const answer = { messageId: randomUUID(), role: 'ROLE_USER', taskId: log.taskId, parts: [{ text: 'Go on' }] };
      await call('SendMessage', { message: answer, configuration: { returnImmediately: true } });
      continue;
    }
    await client.moved();
  }
}

/** Three processes with a front, two that run agents. */
async function startCluster(t: Test, database: TempDatabase) {
  const directory = await temporaryDirectory(t);
  const config = (server: JsonObject): JsonObject => ({
    databases: { default: databaseConfig(database.settings) },
    queue: { lease_ms: 1_000 },
    server: { ...server, a2a: { close_on_input_required: false }, limits: { max_streams_per_caller: 1_000 } },
  });
  const startFront = async (roles: readonly ('front' | 'keeper')[]): Promise<StreamFront> => {
    const port = await freePort();
    const { url } = await spawnHector(t, { directory, roles, program: PROGRAM, config: config({ host: '127.0.0.1', grpc_port: port }) });
    return { url, grpc: connectClient(t, port) };
  };
  const startWorker = () => spawnHector(t, { directory, roles: ['agent'], program: PROGRAM, config: config({}) });
  // The first one makes the tables.
  const first = await startFront(['front', 'keeper']);
  const [second, third, ...workers] = await Promise.all([startFront(['front']), startFront(['front']), startWorker(), startWorker()]);
  return {
    fronts: [first, second, third],
    async replaceWorker() {
      const worker = workers.shift() as HectorProgram;
      worker.child.kill('SIGKILL');
      workers.push(await startWorker());
    },
  };
}
