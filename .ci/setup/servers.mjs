import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../run-command.mjs';
import { describeInstall, installPackages } from './system-packages.mjs';

function versionFolders(parent, child) {
  try {
    return readdirSync(parent)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(parent, version, child));
  } catch {
    return [];
  }
}

/** The servers Hector or its tests run for themselves: which programs are good, where they hide, what brings them. */
const SERVERS = {
  redis: {
    title: 'Redis',
    programs: ['redis-server', 'valkey-server'],
    folders: () => ['/usr/local/bin', '/opt/homebrew/bin'],
    packages: { debian: ['redis-server'], other: ['redis'] },
  },
  postgres: {
    title: 'PostgreSQL',
    programs: ['initdb'],
    folders: () => [...versionFolders('/usr/lib/postgresql', 'bin'), '/usr/local/pgsql/bin'],
    packages: { debian: ['postgresql'], other: ['postgresql'] },
  },
  mariadb: {
    title: 'MariaDB',
    programs: ['mariadbd', 'mysqld'],
    folders: () => ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/opt/homebrew/bin'],
    packages: { debian: ['mariadb-server'], other: ['mariadb'] },
  },
  etcd: {
    title: 'etcd',
    programs: ['etcd'],
    folders: () => ['/usr/local/bin', '/opt/homebrew/bin'],
    packages: { debian: ['etcd-server'], other: ['etcd'] },
  },
  chromium: {
    title: 'Chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    folders: () => [],
    packages: { debian: ['chromium'], other: ['chromium'] },
  },
};

const findServer = (server) => server.programs.map((name) => findProgram(name, server.folders())).find((path) => path !== undefined);

/**
 * Makes sure the named servers are on this machine, installing what is missing where that is allowed.
 * Returns those that still miss, each with the command that would bring it.
 */
export async function provideServers(names, say) {
  const missing = [];
  for (const name of names) {
    const server = SERVERS[name];
    if (server === undefined) throw new Error(`unknown server "${name}", known are ${Object.keys(SERVERS).join(', ')}`);
    if (findServer(server)) continue;
    await installPackages(server.packages, say);
    if (findServer(server)) continue;
    missing.push({ name, title: server.title, command: describeInstall(server.packages) });
  }
  return missing;
}
