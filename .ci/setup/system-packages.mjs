import { findProgram, runCommand } from '../run-command.mjs';

// Debian starts a service when its package is installed. Hector runs its own servers on private sockets, so the packages
// are installed under a policy that forbids the start; a policy that is already there is left alone.
const INSTALL_SCRIPT = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }
`;

const isRoot = () => process.getuid?.() === 0;

/** The command a person would type here to get these packages. */
export function describeInstall(packages) {
  const sudo = isRoot() ? '' : 'sudo ';
  if (findProgram('apt-get')) return `${sudo}apt-get install -y ${packages.debian.join(' ')}`;
  if (findProgram('brew')) return `brew install ${packages.other.join(' ')}`;
  if (findProgram('apk')) return `${sudo}apk add ${packages.other.join(' ')}`;
  if (findProgram('dnf')) return `${sudo}dnf install -y ${packages.other.join(' ')}`;
  return `apt-get install -y ${packages.debian.join(' ')}`;
}

/**
 * Installs Debian packages when that needs no password: as root, or through a sudo that does not ask.
 * Returns whether it worked; `HECTOR_NO_INSTALL=1` keeps set-up away from the system.
 */
export async function installPackages(packages, say) {
  if (process.env.HECTOR_NO_INSTALL || !findProgram('apt-get')) return false;
  const useSudo = !isRoot();
  if (useSudo && (!findProgram('sudo') || (await runCommand('sudo', ['-n', 'true'])).code !== 0)) return false;
  say(`installing ${packages.debian.join(', ')} with apt-get`);
  const command = ['sh', '-c', INSTALL_SCRIPT, 'install', ...packages.debian];
  const [program, ...args] = useSudo ? ['sudo', '-n', ...command] : command;
  const result = await runCommand(program, args, { onSilence: (seconds) => say(`still installing (${seconds} s)`) });
  if (result.code === 0) return true;
  say(`apt-get failed:\n${result.output.trim().split('\n').slice(-8).join('\n')}`);
  return false;
}
