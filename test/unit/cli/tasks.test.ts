import t, { type Test } from 'tap';
import { runCommand } from '../../support/cli-rig.js';
import { startTestFront } from '../../support/front-rig.js';
import { approvalRequest, createStudioRig, type StudioRig } from '../../support/studio-rig.js';

/** A real front over a run log in memory, whose owner is the local user. */
async function start(t: Test) {
  const rig = createStudioRig();
  const front = await startTestFront(t, {}, { studio: rig.routes });
  const run = (...argv: readonly string[]) => runCommand(t, ['tasks', ...argv, '--url', front.url]);
  return { rig, run, url: front.url };
}

const accept = (rig: StudioRig, contextId = 'c1') => rig.accept({ key: { agent: 'helper', owner: 'local', contextId } });

t.test('list is a table, one line per run; --json one object per line', async (t) => {
  const { rig, run } = await start(t);
  t.match(await run('list'), { code: 0, output: '', errors: 'Every run has ended.\n' });
  const { id } = await rig.hold((await accept(rig)).id);
  await accept(rig, 'c2');
  const { code, output } = await run('list');
  t.equal(code, 0);
  const [head = '', first = ''] = output.split('\n').filter((line) => line.includes('STATUS') || line.includes('held'));
  t.equal(head.indexOf('STATUS'), first.indexOf('held'), 'columns are aligned');
  t.match(first, new RegExp(`^${id}  held +1 +\\d.*  helper$`));
  const json = await run('list', '--status', 'held', '--json');
  t.match(
    json.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [{ task_id: id, status: 'held' }],
  );
  t.match(await run('list', '--status', 'waiting'), { code: 0, output: '', errors: 'No run is waiting.\n' });
});

t.test('list goes through every page', async (t) => {
  const { rig, run } = await start(t);
  for (let index = 0; index < 501; index++) await accept(rig, `c${index}`);
  const { output } = await run('list');
  t.equal(output.split('\n').length, 1 + 501 + 1);
  t.equal(output.split('STATUS').length, 2, 'the head comes once');
});

t.test('show and why tell about one run', async (t) => {
  const { rig, run } = await start(t);
  const { id } = await rig.ask(await rig.take((await accept(rig)).id), [approvalRequest('a')]);
  const shown = await run('show', id);
  t.match(shown.output, /^Status: +waiting \(TASK_STATE_INPUT_REQUIRED\)$/m);
  t.match(shown.output, /^Asks: +a {2}charge \{"amount":5\} {2}\(approve\|deny\)$/m);
  t.match(shown.output, /^Call: +a {2}charge {2}awaiting \(once\), step 1$/m);
  const why = await run('why', id);
  t.match(why, { code: 0, output: /^waiting: The run waits for an answer\.\n {2}- It waits since / });
  t.match(why.output, new RegExp(`^next: .*hector tasks approve\\|deny ${id} --call a\n$`, 'm'));
  t.match(JSON.parse((await run('why', id, '--json')).output), { task_id: id, rule: 'waiting' });
});

t.test('resume and discard act, and tell what the server said when they could not', async (t) => {
  const { rig, run } = await start(t);
  const { id } = await rig.hold((await accept(rig)).id);
  t.match(await run('resume', id), { code: 0, output: 'resumed: the run goes on with step 1\n' });
  t.match(await run('resume', id), { code: 1, output: '', errors: /^error: Only a held run can be resumed\. / });
  t.match(await run('discard', id), { code: 0, output: 'discarded: the run has ended (TASK_STATE_CANCELED)\n' });
  t.match(await run('discard', 'a/b?c'), { code: 1, errors: /^error: Task 'a\/b\?c' not found/ });
});

t.test('approve decides the one open call with the hash of what it showed (TOOL-61)', async (t) => {
  const { rig, run } = await start(t);
  const { id } = await rig.ask(await rig.take((await accept(rig)).id), [approvalRequest('a')]);
  t.match(await run('approve', id), { code: 0, output: 'approve: call a of charge {"amount":5}\n' });
  const answer = (await rig.store.events(id, 0)).find((event) => event.type === 'message.added');
  t.match(answer, { message: { parts: [{ data: { decision: 'approve', arguments_hash: 'hash of a' } }] } });
  t.match(await run('approve', id), { code: 1, errors: /asks about no call now \(queued, TASK_STATE_WORKING\)/ });
  t.match(await run('approve', id, '--call', 'a'), { code: 0 }, 'naming it, the same answer again is no mistake (R11)');
});

t.test('of several open calls one has to be named (TOOL-62)', async (t) => {
  const { rig, run } = await start(t);
  const { id } = await rig.ask(await rig.take((await accept(rig)).id), [approvalRequest('a'), approvalRequest('b')]);
  t.match(await run('deny', id), {
    code: 2,
    errors: /2 calls are open; deny one of them:\n {2}--call a \(charge \{"amount":5\}\)\n {2}--call b /,
  });
  t.match(await run('deny', id, '--call', 'b', '--reason', 'no'), { code: 0, output: /^deny: call b/ });
  t.match(await run('retry', id, '--call', 'a'), { code: 1, errors: /decision: must be one of approve, deny/ });
});

t.test('wrong usage exits 2 before anything is asked', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /tasks wants one of list, show, why, resume, discard, approve, deny/],
    [['lst'], /tasks knows no 'lst'; did you mean 'list'\?/],
    [['why'], /tasks why wants the id of a task/],
    [['list', 'x'], /tasks list takes none/],
    [['list', '--status', 'dead'], /wanted one of queued, running, waiting, held, interrupted/],
    [['show', 'x', '--reason', 'y'], /--reason does not go with tasks show/],
    [['show', 'x', '--url', 'nonsense'], /wanted an address such as http/],
  ];
  for (const [argv, wanted] of cases)
    t.match(await runCommand(t, ['tasks', ...argv]), { code: 2, output: '', errors: wanted }, argv.join(' '));
});

t.test('a server that is not there, or is something else, is named', async (t) => {
  t.match(await runCommand(t, ['tasks', 'list', '--url', 'http://127.0.0.1:9']), {
    code: 1,
    errors: /no server answers at http:\/\/127\.0\.0\.1:9/,
  });
  const front = await startTestFront(t, {});
  t.match(await runCommand(t, ['tasks', 'list', '--url', `${front.url}/health/`]), { code: 1, errors: /nothing is served at/ });
});
