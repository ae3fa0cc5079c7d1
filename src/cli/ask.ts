import { AppError } from '../base/errors.js';
import type { Hector, Role } from '../runtime/hector.js';
import { askAgent } from './ask-agent.js';
import { bringStoresUpToDate } from './bring-stores-up-to-date.js';
import { type Command, findTextFlag, isFlagSet } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';
import { runHector } from './run-hector.js';
import { findToken, makeOwnKey, TOKEN_OPTION } from './token.js';

const OWN_SERVER_ROLES: ReadonlySet<Role> = new Set(['front', 'agent', 'keeper']);

export const askCommand: Command = {
  name: 'ask',
  summary: 'Ask an agent and show the answer as it grows',
  usage: "'<question>'",
  maxArguments: 1,
  options: {
    agent: { type: 'string', value: '<name>', description: "Agent to ask (default: the one that the server's card names)" },
    url: { type: 'string', value: '<url>', description: 'A running server (default: one of its own, for this question)' },
    token: TOKEN_OPTION,
    context: { type: 'string', value: '<id>', description: 'Go on with this conversation' },
    json: { type: 'boolean', description: 'Print the events, one JSON object per line' },
  },
  examples: [
    "hector ask 'What is our refund rule?'",
    "hector ask --agent helper --url http://localhost:8080 'Hello'",
    "hector ask --json 'Hello' | jq .",
  ],
  async run(input, context) {
    const question = input.arguments[0]?.trim() ?? '';
    if (question === '') throw new AppError('CLI_USAGE', { message: "ask wants a question: hector ask 'What is our refund rule?'" });
    const agent = findTextFlag(input, 'agent');
    const contextId = findTextFlag(input, 'context');
    const ask = (url: string, token: string | undefined, signal: AbortSignal) =>
      askAgent(
        {
          url,
          token,
          question,
          json: isFlagSet(input, 'json'),
          signal,
          ...(agent === undefined ? {} : { agent }),
          ...(contextId === undefined ? {} : { contextId }),
        },
        context.terminal,
      );

    const url = findTextFlag(input, 'url');
    if (url === undefined) {
      // The log of a server that lives for one question is noise unless something is wrong.
      const environment = { LOG_LEVEL: 'warn', ...context.environment };
      const settings = await loadCommandSettings(input, context, {
        environment,
        overrides: { server: { host: '127.0.0.1', port: 0, public_url: '', drain_delay_ms: 0 } },
      });
      const ownKey = makeOwnKey(settings);
      const use = async (hector: Hector, signal: AbortSignal) => {
        const agentSettings = agent === undefined || !Object.hasOwn(settings.agents, agent) ? undefined : settings.agents[agent];
        const storeNames = agentSettings?.documentStores ?? Object.keys(settings.documentStores);
        await bringStoresUpToDate(hector, storeNames, context.terminal, signal);
        return ask(hector.url, ownKey, signal);
      };
      return runHector(context, settings, OWN_SERVER_ROLES, use, { ownKey });
    }
    const stop = context.listenForStop();
    try {
      return await ask(url, findToken(input, context), stop.signal);
    } finally {
      stop.dispose();
    }
  },
};
