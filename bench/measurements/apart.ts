/** The same durable send with roles in processes of their own, and with PostgreSQL in SQLite's place. */

import { findSkipReason, serverUrl, stopTestServers } from '../../test/support/test-servers.js';
import { measureLoad, type Started } from '../frame/measure-load.js';
import type { Line, Measurement, Run } from '../frame/measurement.js';
import { hectorTarget } from '../targets/hector.js';
import type { Target } from '../targets/target.js';

const BASE = 'one process, SQLite';

export const apart: Measurement = {
  name: 'apart',
  budgetSeconds: { full: 50, quick: 0 },
  rows: [
    {
      name: 'send-apart',
      question:
        'What does it cost a blocking SendMessage that front and worker are processes of their own, or that the database is PostgreSQL?',
      method:
        'Closed loop, 64 connections, offline model. All commit each message and queue it in the private Redis; CPU time and memory are of all processes of Hector and of that Redis, PostgreSQL’s own left out.',
      unit: '/s',
      better: 'higher',
      unitOfWork: 'request',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const targets: Target[] = [
    hectorTarget({ name: BASE }),
    hectorTarget({ name: 'front and worker, SQLite', roles: ['front', 'agent,ingest,keeper'] }),
  ];
  const running: Started[] = [];
  try {
    const reason = findSkipReason('postgres');
    if (reason === undefined)
      targets.push(hectorTarget({ name: 'one process, PostgreSQL', extra: databaseConfig(await serverUrl('postgres')) }));
    else run.say(`PostgreSQL: left out, ${reason}`);
    for (const target of targets) running.push({ name: target.name, server: await target.start(), comparedWith: BASE });
    const arrivals = { type: 'concurrency', connections: 64 } as const;
    return await measureLoad(run, running, {
      row: 'send-apart',
      arrivals,
      kindFor: () => ({ type: 'send' }),
      figure: ({ perSecond }) => perSecond,
    });
  } finally {
    await Promise.all(running.map(({ server }) => server.close()));
    await stopTestServers();
  }
}

function databaseConfig(address: string): string {
  const { hostname, port, pathname, username, password } = new URL(address);
  const main = { driver: 'postgres', host: hostname, port: Number(port), database: pathname.slice(1), username, password };
  return `databases: { main: ${JSON.stringify(main)} }\nstorage: { database: main }\n`;
}
