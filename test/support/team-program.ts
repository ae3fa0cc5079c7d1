/**
 * `hector serve` with agents that work together, as a process that can be killed. Agents with the handler `actor` carry out one `once`
 * effect and say so; models call every tool that they are offered, once, and then say who they are. Tells on standard output whom it
 * runs, as `call <agent>`, and what it does to the world, as `effect <agent>`.
 */
import { parseArgs } from 'node:util';
import type { AgentHandler } from '../../src/agents/custom/handler.js';
import { startHector } from '../../src/compose.js';
import { armFaultPointsFromEnvironment } from '../../src/config/environment.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import type { Role } from '../../src/runtime/hector.js';

const say = (line: string) => process.stdout.write(`${line}\n`);

const actor: AgentHandler = async function* ({ task, call }) {
  say(`call ${task.agent}`);
  yield { type: 'artifact', artifactId: 'plan', parts: [{ text: `${task.agent} begins` }] };
  await call('act', 'once', () => say(`effect ${task.agent}`));
  yield `${task.agent} acted`;
};

function createModel(name: string): LanguageModel {
  return {
    provider: 'test',
    model: name,
    async *generate({ messages, tools }) {
      say(`call ${name}`);
      if (messages.at(-1)?.role === 'tool' || tools.length === 0) {
        yield { type: 'text', text: `${name} said so` };
        yield { type: 'finish', reason: 'stop' };
        return;
      }
      for (const tool of tools) yield { type: 'tool_call', id: `${name}-${tool.name}`, name: tool.name, arguments: { request: 'Act.' } };
      yield { type: 'finish', reason: 'tool_calls' };
    },
  };
}

const TOOLS = ['pack', 'ship'].map(
  (name): Tool => ({
    name,
    description: name,
    parameters: { type: 'object', properties: { what: { type: 'string' } } },
    effect: 'once',
    execute: async ({ what }) => {
      say(`effect ${name}`);
      return { content: `${name}(${String(what)})` };
    },
  }),
);

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { config: { type: 'string', default: '' }, roles: { type: 'string', default: 'front,agent,keeper' } },
  allowPositionals: true,
});
armFaultPointsFromEnvironment();
const hector = await startHector(loadSettings({ file: values.config }), {
  roles: new Set(values.roles.split(',') as Role[]),
  log: silentLogger,
  extensions: { tools: TOOLS, handlers: new Map([['actor', actor]]), createLanguageModel: createModel },
});
say(`Roles: ${values.roles}`);
process.once('SIGTERM', () => void hector.close());
