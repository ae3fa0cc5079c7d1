import t from 'tap';
import { watchQueue } from '../../../src/observe/meter.js';
import { METRICS } from '../../../src/observe/metric-catalog.js';
import { createMetrics } from '../../../src/observe/metrics.js';

t.test('every metric has its name and help from the start, those without labels their zero (OBS-10…18)', async (t) => {
  const metrics = createMetrics();
  metrics.count('takeovers_total', {});
  watchQueue(metrics, async () => ({ waiting: 7, nextWaitingMs: 1_500, lastProgressMs: 250 }));
  metrics.watch(['runs_oldest_unclaimed_seconds'], () => metrics.set('runs_oldest_unclaimed_seconds', {}, 2.5));
  const { body, contentType } = await metrics.render();
  t.match(contentType, /^text\/plain; version=0\.0\.4/);
  t.same(
    body.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !/_bucket|_sum|_count/.test(line)),
    [
      'hector_queue_waiting 7',
      'hector_queue_oldest_waiting_seconds 1.5',
      'hector_queue_last_progress_seconds 0.25',
      'hector_runs_oldest_unclaimed_seconds 2.5',
      'hector_takeovers_total 1',
      'hector_fenced_commits_total 0',
      'hector_runs_held_total 0',
      'hector_runs_expired_total 0',
      'hector_process_cpu_seconds_total 0',
      'hector_trace_spans_exported_total 0',
    ],
  );
  t.equal(body.match(/^# HELP /gm)?.length, Object.keys(METRICS).length);
});

t.test('namespace, subsystem and const_labels really change the output (OBS-19)', async (t) => {
  const metrics = createMetrics({ namespace: 'mycompany', subsystem: 'agents', constLabels: { region: 'eu' } });
  metrics.count('llm_requests_total', { agent: 'a', provider: 'p', model: 'm' });
  const { body } = await metrics.render();
  t.match(body, /^mycompany_agents_llm_requests_total\{agent="a",provider="p",model="m",region="eu"\} 1$/m);
  t.notMatch(body, /hector_/);
  t.match((await createMetrics({ namespace: '' }).render()).body, /^takeovers_total 0$/m);
});

t.test('the buckets are those of the table (OBS-18)', async (t) => {
  const metrics = createMetrics();
  metrics.observe('llm_request_duration_seconds', { agent: 'a', provider: 'p', model: 'm' }, 0.15);
  metrics.observe('tool_call_duration_seconds', { agent: 'a', tool: 't' }, 0.001);
  metrics.observe('http_request_size_bytes', { method: 'POST', path: '/' }, 5);
  const { body } = await metrics.render();
  const bounds = (name: string) => [...body.matchAll(new RegExp(`^hector_${name}_bucket\\{le="([^"]+)"`, 'gm'))].map(([, bound]) => bound);
  t.same(
    bounds('llm_request_duration_seconds').slice(0, 12),
    [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8].map(String),
  );
  t.equal(bounds('tool_call_duration_seconds').length, 16, '15 and +Inf');
  t.same(bounds('http_request_size_bytes'), ['100', '1000', '10000', '100000', '1000000', '10000000', '100000000', '+Inf']);
});

t.test('what cannot be read is left out, not shown as it was', async (t) => {
  const metrics = createMetrics();
  t.notMatch((await metrics.render()).body, /^hector_queue/m, 'nobody reads the queue');
  let isAway = false;
  watchQueue(metrics, async () => {
    if (isAway) throw new Error('away');
    return { waiting: 7, nextWaitingMs: 0, lastProgressMs: undefined };
  });
  t.match((await metrics.render()).body, /^hector_queue_waiting 7$/m);
  t.notMatch((await metrics.render()).body, /^hector_queue_last_progress_seconds/m);
  metrics.watch(['session_active'], () => metrics.set('session_active', { agent: isAway ? 'other' : 'one' }, 1));
  t.match((await metrics.render()).body, /^hector_session_active\{agent="one"\} 1$/m);
  isAway = true;
  const { body } = await metrics.render();
  t.match(body, /^hector_session_active\{agent="other"\} 1$/m, 'SQL is not away');
  t.notMatch(body, /agent="one"/, 'a series that is not set any more');
  t.notMatch(body, /^hector_queue/m);
});

t.test('whatever comes as a label, a metric stays small', async (t) => {
  const metrics = createMetrics();
  for (let index = 0; index < 1_500; index++) metrics.count('tool_calls_total', { agent: 'a', tool: `t${index}`, status: 'success' });
  const { body } = await metrics.render();
  t.equal(body.match(/^hector_tool_calls_total\{/gm)?.length, 1_001);
  t.match(body, /^hector_tool_calls_total\{agent="other",tool="other",status="other"\} 500$/m);
});

t.test('two compositions in one process count apart', async (t) => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.count('runs_held_total', {});
  t.match((await other.render()).body, /^hector_runs_held_total 0$/m);
});

t.test('whoever asks while somebody else is answered gets the same reading, whole', async (t) => {
  const metrics = createMetrics();
  const turns: (() => void)[] = [];
  let readings = 0;
  metrics.watch(['queue_waiting'], async () => {
    readings += 1;
    await new Promise<void>((resolve) => turns.push(resolve));
    metrics.set('queue_waiting', {}, 7);
  });
  const pages = [metrics.render(), metrics.render()];
  turns.shift()?.();
  await pages[0];
  for (const turn of turns) turn();
  for (const { body } of await Promise.all(pages)) t.match(body, /^hector_queue_waiting 7$/m);
  t.equal(readings, 1);
  const later = metrics.render();
  turns.at(-1)?.();
  t.match((await later).body, /^hector_queue_waiting 7$/m);
  t.equal(readings, 2, 'the next one asks anew');
});
