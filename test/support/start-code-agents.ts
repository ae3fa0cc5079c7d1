/** Agents in code for a test, in this process, over real stores. */
import { type AgentHandler, type AgentOptions, Hector, type JsonObject, type RunningHector } from 'hector';
import type { Test } from 'tap';
import { silentLogger } from '../../src/observe/log.js';
import { assertFreshBundle } from './bundled-program.js';
import { temporaryDirectory } from './start-hector.js';

export type Registrations = Readonly<Record<string, AgentHandler | readonly [AgentHandler, AgentOptions]>>;

/** Closed with the test. */
export async function startCodeAgents(t: Test, agents: Registrations, config: JsonObject = {}): Promise<RunningHector> {
  assertFreshBundle();
  const hector = new Hector({
    config: { ...config, server: { host: '127.0.0.1', port: 0, ...(config['server'] as JsonObject | undefined) } },
    workingDirectory: await temporaryDirectory(t),
    environment: {},
  });
  for (const [name, given] of Object.entries(agents)) {
    if (typeof given === 'function') hector.agent(name, given);
    else hector.agent(name, given[0], given[1]);
  }
  const running = await hector.start({ log: silentLogger });
  t.teardown(() => running.close());
  return running;
}
