import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, runCommand, SetupError } from '../run-command.mjs';
import { describeInstall, installPackages } from './system-packages.mjs';

/** Packages that hold compiled code Hector cannot do without. uWebSockets.js is not among them: `node:http` stands in for it. */
const NATIVE_PACKAGES = ['better-sqlite3', 'hnswlib-node'];
const REBUILD_COMMAND = `npm rebuild ${NATIVE_PACKAGES.join(' ')} --foreground-scripts --ignore-scripts=false`;
const COMPILER = { debian: ['python3', 'make', 'g++'], other: ['python3', 'make', 'gcc'] };

/** Installs what the lock file says, and only when what is installed differs from it. */
export async function installDependencies(root, say) {
  const folder = join(root, 'node_modules');
  // Installing through a link would empty somebody else's folder.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    say('node_modules is a link: used as it is, nothing installed');
    return;
  }
  const wanted = describeWanted(root);
  const recordPath = join(folder, '.hector-install.json');
  const recorded = readJson(recordPath);
  if (recorded?.lock === wanted.lock && recorded.platform === wanted.platform) return;
  if (!matchesLock(root)) await runInstall(root, say);
  await provideNatives(root, say);
  writeFileSync(recordPath, `${JSON.stringify(wanted)}\n`);
}

function describeWanted(root) {
  const source = ['package-lock.json', 'package.json'].map((name) => join(root, name)).find((path) => existsSync(path));
  return {
    lock: createHash('sha256').update(readFileSync(source)).digest('hex'),
    platform: `${process.platform}-${process.arch}-${process.versions.modules}`,
  };
}

/** npm keeps its own account of what it installed; it may have been run by hand. */
function matchesLock(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  if (wanted === undefined || installed === undefined) return false;
  const same = (path) => wanted[path]?.version === installed[path].version && wanted[path]?.integrity === installed[path].integrity;
  const isInstalled = (path) => path === '' || wanted[path].optional || path in installed;
  return Object.keys(installed).every(same) && Object.keys(wanted).every(isInstalled);
}

async function runInstall(root, say) {
  await provideCompiler(say);
  const command = existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install';
  say(`npm ${command}: native modules compile on install, 2-3 minutes`);
  const result = await runNpm(root, [command, '--include=dev', '--include=optional'], say);
  if (result.code !== 0) throw new SetupError(`npm ${command} failed:\n${result.output.trim()}`);
}

async function provideCompiler(say) {
  const hasCompiler = ['g++', 'c++', 'clang++'].some((name) => findProgram(name));
  if (findProgram('python3') && findProgram('make') && hasCompiler) return;
  if (await installPackages(COMPILER, say)) return;
  say(`a C++ compiler, make or python3 is missing; if the install fails, run: ${describeInstall(COMPILER)}`);
}

async function provideNatives(root, say) {
  if ((await loadNatives(root)).code === 0) return;
  say(`the native modules do not load yet: ${REBUILD_COMMAND}`);
  const rebuild = await runNpm(root, REBUILD_COMMAND.split(' ').slice(1), say);
  const loaded = await loadNatives(root);
  if (loaded.code === 0) return;
  throw new SetupError(
    `${NATIVE_PACKAGES.join(' and ')} do not load:\n${loaded.output.trim()}\n${rebuild.output.trim()}\n` +
      `A C++ compiler is needed (${describeInstall(COMPILER)}), then run:\n  ${REBUILD_COMMAND}`,
  );
}

function loadNatives(root) {
  const program = `new (require('better-sqlite3'))(':memory:').close(); new (require('hnswlib-node').HierarchicalNSW)('l2', 2);`;
  return runCommand(process.execPath, ['-e', program], { cwd: root });
}

function runNpm(root, args, say) {
  const env = { npm_config_audit: 'false', npm_config_fund: 'false' };
  const nodeFolder = dirname(dirname(process.execPath));
  // With the headers of this very Node at hand, the compile needs no download.
  if (readHeaderVersion(nodeFolder) === process.version) env.npm_config_nodedir ??= process.env.npm_config_nodedir ?? nodeFolder;
  const flags = ['--ignore-scripts=false', '--loglevel=error', '--no-progress'];
  // Under `npm run` the very npm that started us is used; otherwise the one on PATH.
  const cli = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  const program = cli ? process.execPath : 'npm';
  const onSilence = (seconds) => say(`still installing (${seconds} s)`);
  return runCommand(program, [...(cli ? [cli] : []), ...args, ...flags], { cwd: root, env, onSilence });
}

function readHeaderVersion(nodeFolder) {
  const path = join(nodeFolder, 'include/node/node_version.h');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const numbers = ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]);
  return `v${numbers.join('.')}`;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // absent or broken: the same as never written
  }
}
