import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { StartHector } from '../../../src/runtime/hector.js';
import { recordStart, runCommand } from '../../support/cli-rig.js';

const FAILED = { store: '', total: 8, done: 7, failed: 1, skipped: 0, chunks: 9, finished: true };

t.test('quickstart names the state folder in use, and each step once when the port is taken', async (t) => {
  const ports: number[] = [];
  const { start } = recordStart(t, { ingest: async () => FAILED });
  const startOnFreePort: StartHector = async (settings, options) => {
    ports.push(settings.server.port);
    if (settings.server.port !== 0) throw new AppError('HTTP_ADDRESS_IN_USE');
    return start(settings, options);
  };
  const state = join(t.testdirName, 'elsewhere');
  const { code, output, errors } = await runCommand(t, ['quickstart', '--once'], {
    start: startOnFreePort,
    environment: { QUICKSTART_STATE: state, PORT: '8123' },
  });
  t.equal(code, 1, 'a sample that cannot be read ends it');
  t.same(ports, [8123, 0]);
  t.match(errors, /Port 8123 is taken/);
  t.equal(output.match(/1\/4/g)?.length, 1);
  t.match(output, 'state is kept in elsewhere\n');
});
