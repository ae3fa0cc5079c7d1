import type { Test } from 'tap';
import { inspectStores } from '../../src/compose.js';
import { runCommand } from './cli-rig.js';

export interface Found {
  readonly status: string;
  readonly check: string;
  readonly message: string;
  readonly cure?: string;
}

/** What `hector doctor` says of this configuration, in a folder of its own. */
export async function diagnose(t: Test, config: string, rig: Parameters<typeof runCommand>[2] = {}) {
  const { code, output } = await runCommand(t, ['doctor', '--json', '-c', 'hector.yaml'], {
    inspect: inspectStores,
    ...rig,
    files: { ...rig.files, 'hector.yaml': config },
  });
  const findings = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Found);
  return { code, findings, find: (check: string) => findings.find((finding) => finding.check === check) };
}

export const SERVER = 'server: {host: 127.0.0.1, port: 0}\n';
