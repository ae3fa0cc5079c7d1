import t from 'tap';
import { createMetrics } from '../../../src/observe/metrics.js';

t.test('every metric has its name and help from the start, counters from zero', async (t) => {
  const metrics = createMetrics();
  metrics.takeovers.inc();
  metrics.watchQueue(async () => ({ waiting: 7, nextWaitingMs: 1_500, lastProgressMs: 250 }));
  metrics.watchRuns(async () => 2_500);
  const { body, contentType } = await metrics.render();
  t.match(contentType, /^text\/plain; version=0\.0\.4/);
  t.same(
    body.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      'hector_queue_waiting 7',
      'hector_queue_oldest_waiting_seconds 1.5',
      'hector_queue_last_progress_seconds 0.25',
      'hector_runs_oldest_unclaimed_seconds 2.5',
      'hector_takeovers_total 1',
      'hector_fenced_commits_total 0',
      'hector_runs_held_total 0',
      'hector_runs_expired_total 0',
    ],
  );
  t.equal(body.match(/^# HELP /gm)?.length, 8);
});

t.test('what cannot be read is left out, not shown as it was', async (t) => {
  const metrics = createMetrics();
  t.notMatch((await metrics.render()).body, /^hector_queue/m, 'nobody reads the queue');
  let isAway = false;
  metrics.watchQueue(async () => {
    if (isAway) throw new Error('away');
    return { waiting: 7, nextWaitingMs: 0, lastProgressMs: undefined };
  });
  t.match((await metrics.render()).body, /^hector_queue_waiting 7$/m);
  t.notMatch((await metrics.render()).body, /^hector_queue_last_progress_seconds/m);
  metrics.watchRuns(async () => 0);
  isAway = true;
  t.match((await metrics.render()).body, /^hector_runs_oldest_unclaimed_seconds 0$/m, 'SQL is not away');
  t.notMatch((await metrics.render()).body, /^hector_queue/m);
});

t.test('two compositions in one process count apart', async (t) => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.runsHeld.inc();
  t.match((await other.render()).body, /^hector_runs_held_total 0$/m);
});
