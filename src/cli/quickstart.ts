import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import { hasCode } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { findPackageFolder } from '../base/package-folder.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import type { Hector, Role } from '../runtime/hector.js';
import { askAgent } from './ask-agent.js';
import { type CliContext, type Command, isFlagSet } from './command.js';
import { IngestProgressView } from './ingest-progress.js';
import { runHector } from './run-hector.js';
import { INTERRUPTED, whenAborted } from './stop-signal.js';

const CONFIG_FILE = 'config/quickstart.yaml';
const AGENT = 'ferry';
const QUESTION = 'How much refund do I get when a sailing is cancelled because of strong wind?';

/** Without `ingest`: the samples are read once, by this command, which counts them. */
const SERVING_ROLES: ReadonlySet<Role> = new Set(['front', 'agent', 'keeper']);

export const quickstartCommand: Command = {
  name: 'quickstart',
  summary: 'Ingest sample documents, serve them and ask a question',
  usage: '[--once]',
  maxArguments: 0,
  options: { once: { type: 'boolean', description: 'End after the answer instead of serving on' } },
  examples: ['hector quickstart', 'hector quickstart --once', 'npm run quickstart -- --once'],
  async run(input, context) {
    const once = isFlagSet(input, 'once');
    const { terminal, environment } = context;
    const workingDirectory = findPackageFolder() ?? context.workingDirectory;
    const load = (overrides: JsonObject) => loadSettings({ file: CONFIG_FILE, workingDirectory, environment, overrides });
    const settings = load({});
    terminal.write(`1/4  Starting Hector from ${CONFIG_FILE}; state is kept in ${describeFolder(settings.stateDirectory, context)}\n`);
    try {
      return await runQuickstart(context, once, settings);
    } catch (error) {
      if (!hasCode(error, 'HTTP_ADDRESS_IN_USE')) throw error;
      terminal.writeError(`Port ${settings.server.port} is taken; trying any free one.\n`);
      return runQuickstart(context, once, load({ server: { port: 0 } }));
    }
  },
};

async function runQuickstart(context: CliContext, once: boolean, settings: Settings): Promise<number> {
  const { terminal } = context;
  return runHector(context, settings, SERVING_ROLES, async (hector, signal) => {
    const failed = await ingestSamples(hector, context, signal);
    if (failed) return 1;
    terminal.write(`3/4  Asking: ${QUESTION}\n\n`);
    const code = await askAgent({ url: hector.url, agent: AGENT, question: QUESTION, json: false, signal }, terminal);
    if (code === INTERRUPTED) return code;
    if (code !== 0) terminal.write('\n4/4  The question was not answered.\n');
    else if (once)
      terminal.write(`\n4/4  Done. Without --once the server keeps serving; ask it from another terminal:\n\n${formatAsk(hector.url)}\n`);
    else terminal.write(`\n4/4  Done. The server keeps serving until Ctrl-C. In another terminal:\n${formatNextSteps(hector.url)}`);
    if (once || code !== 0) return code;
    await whenAborted(signal);
    return 0;
  });
}

function formatAsk(url: string): string {
  return `  node dist/bundle/main.js ask --url ${url} 'How often are the batteries inspected?'`;
}

/** Short where it lies below the working directory. */
function describeFolder(folder: string, { workingDirectory }: CliContext): string {
  const below = relative(workingDirectory, folder);
  return below === '' || below.startsWith('..') ? folder : below;
}

async function ingestSamples(hector: Hector, { terminal }: CliContext, signal: AbortSignal): Promise<boolean> {
  terminal.write('2/4  Reading config/quickstart/docs: ');
  const view = new IngestProgressView({ ...terminal, canRedraw: false, writeError: () => undefined });
  const result = await hector.ingest(undefined, (progress) => view.update(progress), signal);
  terminal.write(view.finish(result));
  return result.failed > 0;
}

function formatNextSteps(url: string): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'SendStreamingMessage',
    params: {
      message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'When does the last ferry leave Harrow Quay on a Sunday?' }] },
    },
  });
  return [
    '',
    `  curl -N ${url}/agents/${AGENT} -H 'Content-Type: application/json' -H 'A2A-Version: 1.0' \\`,
    `    -d '${body}'`,
    '',
    formatAsk(url),
    `  curl ${url}/.well-known/agent-card.json`,
    '',
  ].join('\n');
}
