/** Starts the effect server for a test and asks it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { CountedCall, EffectReport } from './effect-counts.js';

export interface EffectWorld {
  readonly url: string;
  /** What is known of one call. */
  evidence(callId: string): Promise<CountedCall | null>;
  report(): Promise<EffectReport>;
}

export async function startEffectWorld(t: Test): Promise<EffectWorld> {
  const program = fileURLToPath(new URL('./effect-server.js', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const read = async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T;
  return { url, evidence: (callId) => read(`/evidence/${callId}`), report: () => read('/report') };
}
