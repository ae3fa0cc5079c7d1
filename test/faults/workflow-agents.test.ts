/** Workers that die inside workflows and agent tools: whoever takes over goes on with the agent whose turn it was (AGT-30…33, R2, R7). */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { sendText, type WireTask } from '../support/a2a-client.js';
import { textsOf } from '../support/agents-rig.js';
import { type HectorProgram, type ProgramOptions, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const PROGRAM = fileURLToPath(new URL('../support/team-program.js', import.meta.url));
const ACTOR = { type: 'custom', handler: 'actor' };
const CONFIG = {
  llms: { boss: { provider: 'offline' } },
  agents: {
    ...{ one: ACTOR, two: ACTOR, three: ACTOR },
    flow: { type: 'sequential', sub_agents: ['one', 'two', 'three'] },
    rounds: { type: 'loop', sub_agents: ['one', 'two'], max_iterations: 2 },
    team: { type: 'parallel', sub_agents: ['one', 'two', 'three'] },
    boss: { llm: 'boss', tools: [], agent_tools: ['one', 'two'] },
    runner: { type: 'runner', tools: ['pack', 'ship'] },
    nested: { type: 'sequential', sub_agents: ['one', 'team', 'boss'] },
  },
  queue: { lease_ms: 1_000 },
};

const TEAM = '[one]\none acted\n\n[two]\ntwo acted\n\n[three]\nthree acted';

/** `dies`: where the first worker is killed. `calls`: how often each agent's own work is begun by both workers together. */
const CASES = [
  {
    agent: 'flow',
    dies: 'tool.after-result=kill@2',
    effects: { one: 1, two: 1, three: 1 },
    calls: { one: 1, two: 2, three: 1 },
    answer: ['flow.three/response', 'three acted'],
  },
  {
    agent: 'rounds',
    dies: 'tool.after-result=kill@3',
    effects: { one: 2, two: 2 },
    calls: { one: 3, two: 2 },
    answer: ['rounds.two#2/response', 'two acted'],
  },
  { agent: 'team', dies: 'tool.after-result=kill', effects: { one: 1, two: 1, three: 1 }, calls: {}, answer: ['response', TEAM] },
  { agent: 'boss', dies: 'tool.after-result=kill', effects: { one: 1, two: 1 }, calls: { boss: 2 }, answer: ['response', 'boss said so'] },
  { agent: 'runner', dies: 'tool.after-result=kill', effects: { pack: 1, ship: 1 }, calls: {}, answer: ['response', 'ship(pack(Go))'] },
  {
    agent: 'nested',
    dies: 'step.before-commit=kill@9',
    effects: { one: 3, two: 2, three: 1 },
    calls: { boss: 2 },
    answer: ['nested.boss/response', 'boss said so'],
  },
] as const;

t.test('a killed worker inside a workflow', { timeout: 150_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  const shared: ProgramOptions = { directory, config: CONFIG, program: PROGRAM };
  const front = await spawnHector(t, { ...shared, roles: ['front', 'keeper'] });
  for (const { agent, dies, effects, calls, answer } of CASES) {
    await t.test(`${agent}, dead at ${dies}: the next worker goes on there, and each effect happens once (R7)`, async (t) => {
      const first = await start(t, shared, dies);
      const task = sendText(`${front.url}/agents/${agent}`, 'Go');
      t.equal(await first.exited, 'SIGKILL');
      const second = await start(t, shared);
      const done = await decide(await task, `${front.url}/agents/${agent}`, first, second);
      t.equal(done.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(done.status));
      t.same(
        textsOf(done).find(([id]) => id === answer[0]),
        answer,
      );
      t.same(count('effect', effects, first, second), effects);
      t.same(count('call', calls, first, second), calls);
      second.child.kill('SIGKILL');
      await second.exited;
    });
  }
});

/** Runs beside the one that died may have begun an effect, too: a person looks whether it happened, and says so. */
async function decide(task: WireTask, url: string, ...programs: readonly HectorProgram[]): Promise<WireTask> {
  if (task.status.state !== 'TASK_STATE_INPUT_REQUIRED') return task;
  const questions = (task.status.message?.parts ?? []).flatMap(({ data }) => (data === undefined ? [] : [data as Record<string, string>]));
  const parts = questions.map(({ agent = '', tool_call_id }) => {
    const happened = count('effect', { [agent]: 1 }, ...programs)[agent] === 1;
    return { data: { type: 'tool_outcome', tool_call_id, outcome: happened ? 'done' : 'retry' } };
  });
  return await decide(await sendText(url, '', { taskId: task.id, parts }), url, ...programs);
}

function start(t: Test, shared: ProgramOptions, dies?: string): Promise<HectorProgram> {
  return spawnHector(t, { ...shared, roles: ['agent'], environment: dies === undefined ? {} : { HECTOR_FAULT_POINTS: dies } });
}

function count(what: string, names: Readonly<Record<string, number>>, ...programs: readonly HectorProgram[]): Record<string, number> {
  const lines = programs.flatMap((program) => program.output().split('\n'));
  return Object.fromEntries(Object.keys(names).map((name) => [name, lines.filter((line) => line === `${what} ${name}`).length]));
}
