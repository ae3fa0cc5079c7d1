import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { findProgram, type ServerProgram } from './private-server.js';

export const mariadbProgram: ServerProgram = {
  name: 'mariadb',
  user: 'mysql',
  stopSignal: 'TERM',
  installCommand: 'apt-get install -y mariadb-server',
  findBinary: () => findProgram('mariadbd'),
  initialise(_binary, directory, run) {
    run('mariadb-install-db', [
      '--no-defaults',
      `--datadir=${join(directory, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ]);
  },
  serverArguments: (directory, port) => [
    '--no-defaults',
    `--datadir=${join(directory, 'data')}`,
    `--socket=${join(directory, 'socket')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    '--max-connections=200',
    // Tests need no protection from power loss; HECTOR_TEST_FSYNC=on gives it back for measurements.
    `--innodb-flush-log-at-trx-commit=${process.env.HECTOR_TEST_FSYNC === 'on' ? 1 : 0}`,
  ],
  url: (port) => `mysql://root@127.0.0.1:${port}/mysql`,
  async probe(url) {
    const connection = await createConnection(url);
    await connection.end();
  },
};
