/** Which servers the tests speak to: those of the environment, else private ones, started once per process. */
import { mariadbProgram } from './mariadb-server.js';
import { postgresProgram } from './postgres-server.js';
import { type PrivateServer, type ServerProgram, startPrivateServer } from './private-server.js';

export type ServerDialect = 'postgres' | 'mysql';

export interface TestServerKind {
  readonly program: ServerProgram;
  /** Names a server that already runs. */
  readonly variable: string;
}

export const testServers: Readonly<Record<ServerDialect, TestServerKind>> = {
  postgres: { program: postgresProgram, variable: 'HECTOR_TEST_POSTGRES_URL' },
  mysql: { program: mariadbProgram, variable: 'HECTOR_TEST_MYSQL_URL' },
};

const started = new Map<ServerDialect, Promise<PrivateServer>>();

/** @returns the reason for a skip, when the server cannot be had here. */
export function findSkipReason(dialect: ServerDialect): string | undefined {
  const { program, variable } = testServers[dialect];
  if (process.env[variable] !== undefined || program.findBinary() !== undefined) return undefined;
  return `${program.name} is not installed; '${program.installCommand}' brings it, or name a server in ${variable}`;
}

export async function serverUrl(dialect: ServerDialect): Promise<string> {
  const { program, variable } = testServers[dialect];
  const given = process.env[variable];
  if (given !== undefined) return given;
  const server = started.get(dialect) ?? startPrivateServer(program);
  started.set(dialect, server);
  return (await server).url;
}

/** Stops what this process started. */
export async function stopTestServers(): Promise<void> {
  const servers = [...started.values()];
  started.clear();
  await Promise.all(servers.map(async (server) => (await server).stop()));
}
