import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import { redactText } from '../observe/redact.js';
import { type Command, findTextFlag } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';

/** CLI-03. */
export const infoCommand: Command = {
  name: 'info',
  summary: 'Show the agents of a configuration, or one of them',
  usage: '[agent]',
  maxArguments: 1,
  options: { agent: { type: 'string', value: '<name>', description: 'The agent to show' } },
  examples: ['hector info', 'hector info assistant', 'hector info --agent assistant --config hector.yaml'],
  async run(input, context) {
    const settings = await loadCommandSettings(input, context);
    const name = input.arguments[0] ?? findTextFlag(input, 'agent');
    context.terminal.write(redactText(name === undefined ? formatAgents(settings) : formatAgent(name, getAgent(settings, name), settings)));
    return 0;
  },
};

function getAgent(settings: Settings, name: string): AgentSettings {
  const agent = Object.hasOwn(settings.agents, name) ? settings.agents[name] : undefined;
  if (agent !== undefined) return agent;
  const names = Object.keys(settings.agents);
  const near = findNearestName(name, names);
  throw new AppError('AGENT_NOT_FOUND', {
    message: `there is no agent '${name}'; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean '${near}'?`}`,
  });
}

function formatAgents(settings: Settings): string {
  const names = Object.keys(settings.agents);
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${(settings.agents[name] as AgentSettings).description}\n`).join('');
}

function formatAgent(key: string, agent: AgentSettings, settings: Settings): string {
  const llm = settings.llms[agent.llm];
  const rows: readonly (readonly [string, string])[] = [
    ['Name', agent.name === key ? key : `${agent.name} (key ${key})`],
    ['Description', agent.description],
    agent.type === 'custom' ? ['Handler', agent.handler ?? key] : ['LLM', `${agent.llm} (${llm?.provider ?? '?'}, ${llm?.model ?? '?'})`],
    ['Tools', agent.tools === undefined ? 'all' : list(agent.tools)],
    ['Document stores', list(agent.documentStores)],
    ['Guardrails', agent.guardrails ?? 'none'],
    ['Visibility', agent.visibility],
    ['Streaming', agent.streaming ? 'yes' : 'no'],
    ['Input modes', list(agent.inputModes)],
    ['Output modes', list(agent.outputModes)],
  ];
  return rows.map(([label, value]) => `${`${label}:`.padEnd(17)}${value}\n`).join('');
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ');
}
