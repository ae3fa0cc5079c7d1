// Set-up that may run at any time: does only what is missing and says what it does.
// Nothing is installed when this starts, so this folder uses Node alone.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './run-command.mjs';
import { build } from './setup/build.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { provideServers } from './setup/servers.mjs';

export const ROOT = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const LEAST_NODE = [20, 19];

const say = (text) => console.log(`set-up: ${text}`);

/** Node, dependencies, build, servers. Returns the compiler's verdict and the servers that are still missing. */
export async function setUp({ servers = ['redis'] } = {}) {
  checkNode(process.versions.node);
  await installDependencies(ROOT, say);
  const built = await build(ROOT, say);
  const missing = await provideServers(servers, say);
  for (const server of missing) say(`${server.title} is missing and could not be installed; to get it: ${server.command}`);
  return { built, missing };
}

export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  throw new SetupError(`Hector needs Node ${LEAST_NODE.join('.')} or newer; this is Node ${version} (${process.execPath})`);
}

/** Runs an entry's main function; a failure that explains itself is printed without its stack. */
export async function runEntry(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}

export const isEntry = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(url));

async function main() {
  const servers = process.argv.slice(2).map((name) => name.replace(/^--with-/, ''));
  const { built, missing } = await setUp({ servers: ['redis', ...servers] });
  if (!built.ok) throw new SetupError(`the sources do not compile:\n${built.output}`);
  if (missing.length > 0) return 1;
  say(`ready in ${join(ROOT, 'dist')}`);
  return 0;
}

if (isEntry(import.meta.url)) await runEntry(main);
