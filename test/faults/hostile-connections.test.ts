/**
 * Crowds at the door: connections that say nothing, that never finish what they say, heads without an end, bodies by the drop, messages that
 * unpack to a hundred times their size. All are cut or refused within the limits of `server.limits`, memory stays, and others are served.
 */
import t from 'tap';
import { sendText } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { isLongForm, reportFigure } from '../support/long-form.js';
import { openCrowd, readHeld, sendBombs } from '../support/measure-connections.js';
import { freePort, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const SIZE = isLongForm ? 10_000 : 300;
/** Of each of the other kinds; all together stay below the usual limit of open files. */
const FEW = isLongForm ? 1_500 : 75;
const ADAPTERS = isLongForm ? ['uws', 'node'] : ['uws'];
/** Of each connection, beside what a process grows by when it works at all. */
const KIB_PER_CONNECTION = 8;
const WORKING_MIB = 120;

for (const http of ADAPTERS)
  t.test(
    `${SIZE} connections each that are silent, slow or endless take nothing from others (${http})`,
    { skip: process.platform !== 'linux' && 'it reads /proc', timeout: 240_000 },
    async (t) => {
      const directory = await temporaryDirectory(t);
      const grpcPort = await freePort();
      const server = { http, grpc_port: grpcPort, limits: { request_timeout_ms: 2_000 } };
      const hector = await spawnHector(t, { directory, config: { llms: { default: { provider: 'offline' } }, server } });
      const port = Number(new URL(hector.url).port);
      const pid = hector.child.pid as number;
      const agent = `${hector.url}/agents/assistant`;
      const answers = async () => t.equal((await sendText(agent, 'Hello')).status.state, 'TASK_STATE_COMPLETED');
      await answers();
      const before = readHeld(pid);
      let most = before;
      const look = () => {
        const { residentMiB, openFiles } = readHeld(pid);
        most = { residentMiB: Math.max(most.residentMiB, residentMiB), openFiles: Math.max(most.openFiles, openFiles) };
      };
      const watching = setInterval(look, 250);
      t.teardown(() => clearInterval(watching));

      const post =
        'POST /agents/assistant HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\na2a-version: 1.0\r\ncontent-length: 100000\r\n\r\n{';
      const crowds = {
        silent: await openCrowd({ port, size: SIZE }),
        'slow heads': await openCrowd({ port, size: FEW, first: 'GET / HTTP/1.1\r\nhost: x\r\n', drip: 'x-a: b\r\n' }),
        'slow bodies': await openCrowd({ port, size: FEW, first: post, drip: ' ' }),
        'endless heads': await openCrowd({ port, size: FEW, first: `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(100_000)}` }),
        'silent gRPC': await openCrowd({ port: grpcPort, size: FEW }),
      };
      t.teardown(() => {
        for (const crowd of Object.values(crowds)) crowd.close();
      });
      await answers();
      look();
      for (const status of await sendBombs(grpcPort, '/lf.a2a.v1.A2AService/SendMessage', { count: 8, bytes: 64 * 1_048_576 }))
        t.equal(status, '8', 'RESOURCE_EXHAUSTED');
      await answers();
      // These are cut by the pings that they do not answer, after half a minute.
      for (const [name, { gone }] of Object.entries(crowds))
        if (isLongForm || name !== 'silent gRPC') {
          await gone;
          t.pass(`${name}: all are cut`);
        }
      t.ok(crowds['slow bodies'].received() > 0, 'who sends a body is told');
      crowds['silent gRPC'].close();
      await waitFor(() => readHeld(pid).openFiles <= before.openFiles + 20);
      await answers();
      const connections = Object.values(crowds).reduce((sum, { size }) => sum + size, 0);
      const grown = most.residentMiB - before.residentMiB;
      const allowed = WORKING_MIB + (connections * KIB_PER_CONNECTION) / 1_024;
      t.ok(grown < allowed, `grew by ${grown.toFixed(0)} MiB for ${connections} connections, at most ${allowed.toFixed(0)}`);
      t.ok(most.openFiles > before.openFiles + SIZE / 4, `${most.openFiles} were there at the same time`);
      reportFigure(
        t,
        `resident memory, ${http}`,
        `${before.residentMiB.toFixed(0)} MiB before, ${most.residentMiB.toFixed(0)} at most, ${readHeld(pid).residentMiB.toFixed(0)} after`,
      );
    },
  );
