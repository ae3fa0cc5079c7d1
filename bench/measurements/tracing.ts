/** What traces cost: of none, of a tenth and of all requests, in one run. */
import { fileURLToPath } from 'node:url';
import { measureLoad, type Started } from '../frame/measure-load.js';
import type { Line, Measurement, Run } from '../frame/measurement.js';
import { hectorTarget } from '../targets/hector.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

export const tracing: Measurement = {
  name: 'tracing',
  budgetSeconds: { full: 45, quick: 0 },
  rows: [
    {
      name: 'tracing',
      question: 'What do traces cost, of none, a tenth and all of the requests?',
      method:
        'Processes of Hector with tracing off, at a tenth and at one, whose spans go to a collector in a process of its own; blocking SendMessage, closed loop, 32 connections. CPU time says the same on a machine that has other work. --untraced yes adds the same program with everything that makes spans taken out while it is loaded, to see what the instrumentation costs where it is off.',
      unit: '/s',
      better: 'higher',
      unitOfWork: 'request',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/`;
  const collector = await startProgram([fileURLToPath(new URL('../targets/span-sink.js', import.meta.url)), String(port)], {
    readyUrl: address,
  });
  const extra = (rate: number) =>
    `observability: { tracing: { enabled: true, endpoint: "${address}v1/traces", sampling_rate: ${rate} } }\n`;
  const hasUntraced = run.options['untraced'] !== undefined;
  // In the bundle that module can no longer be swapped: all of them run from the files it is made of.
  const alike = hasUntraced ? { main: fileURLToPath(new URL('../../src/main.js', import.meta.url)) } : {};
  const targets = [
    ...(hasUntraced ? [hectorTarget({ name: UNTRACED, main: fileURLToPath(new URL('../targets/untraced.js', import.meta.url)) })] : []),
    hectorTarget({ name: 'off', ...alike }),
    hectorTarget({ name: 'a tenth', extra: extra(0.1), ...alike }),
    hectorTarget({ name: 'all', extra: extra(1), ...alike }),
  ];
  const running: Started[] = [];
  try {
    for (const target of targets) {
      const comparedWith = hasUntraced && target.name === 'off' ? UNTRACED : 'off';
      running.push({ name: target.name, server: await target.start(), comparedWith });
    }
    const arrivals = { type: 'concurrency', connections: 32 } as const;
    return await measureLoad(run, running, {
      row: 'tracing',
      arrivals,
      kindFor: () => ({ type: 'send' }),
      figure: ({ perSecond }) => perSecond,
    });
  } finally {
    await Promise.all(running.map(({ server }) => server.close()));
    await stopProgram(collector);
  }
}

const UNTRACED = 'no spans in the code';
