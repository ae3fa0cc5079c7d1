import { dirname, join } from 'node:path';
import pg from 'pg';
import { findProgram, type ServerProgram } from './private-server.js';

export const postgresProgram: ServerProgram = {
  name: 'postgres',
  user: 'postgres',
  stopSignal: 'INT',
  installCommand: 'apt-get install -y postgresql',
  findBinary: () => findProgram('postgres', '/usr/lib/postgresql'),
  initialise(binary, directory, run) {
    run(join(dirname(binary), 'initdb'), [
      '-D',
      join(directory, 'data'),
      '-U',
      'hector',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ]);
  },
  // Tests need no protection from power loss; HECTOR_TEST_FSYNC=on gives it back for measurements.
  serverArguments: (directory, port) => [
    ...['-D', join(directory, 'data'), '-k', directory, '-h', '127.0.0.1', '-p', String(port)],
    ...['-c', `fsync=${process.env.HECTOR_TEST_FSYNC ?? 'off'}`, '-c', 'max_connections=200', '-c', 'shared_buffers=64MB'],
  ],
  url: (port) => `postgres://hector@127.0.0.1:${port}/postgres`,
  async probe(url) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
  },
};
