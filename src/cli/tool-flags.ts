/** `--tools`, `--approve-tools` and `--no-approve-tools` as overrides of the file (TOOL-02, TOOL-03). */
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { findNearestName } from '../config/nearest-name.js';
import { BUILT_IN_COMMAND, BUILT_IN_TOOLS } from '../providers/tools/built-in.js';
import { type CommandInput, findTextFlag, type OptionSpec } from './command.js';

export const TOOL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  tools: {
    type: 'string',
    value: '<list>',
    bare: 'all',
    description: `Tools of the agent: all, or some of ${BUILT_IN_TOOLS.join(', ')}; without a value all`,
  },
  'approve-tools': { type: 'string', value: '<list>', description: 'Tools whose calls wait for approval' },
  'no-approve-tools': { type: 'string', value: '<list>', description: 'Tools whose calls wait for no approval' },
};

/**
 * What the file says about a tool stays. An agent with a list of its own gets the names into it; one without has all that is declared, so
 * that they are declared. `--approve-tools` goes before `--no-approve-tools`, and both before `require_approval` of the file.
 * @throws AppError `CLI_USAGE` for a tool that there is not, and when another agent would get it, too
 */
export function toolOverrides(input: CommandInput, document: JsonObject, chooseAgent: () => string): JsonObject {
  const declared = isJsonObject(document.tools) ? document.tools : {};
  const approve = readList(input, 'approve-tools');
  const free = readList(input, 'no-approve-tools').filter((name) => !approve.includes(name));
  const wanted = chooseTools(input, document, declared);
  for (const [flag, names] of Object.entries({ tools: wanted, 'approve-tools': approve, 'no-approve-tools': free }))
    checkNames(flag, names, declared);
  if (wanted.length + approve.length + free.length === 0) return {};

  const agent = chooseAgent();
  const own = findList(document, agent);
  const has = [...Object.keys(declared), ...wanted, ...(own ?? [])];
  const missing = [...approve, ...free].find((name) => !has.includes(name));
  if (missing !== undefined)
    throw new AppError('CLI_USAGE', { message: `the agent '${agent}' has no tool '${missing}'; name it with --tools, too` });
  const toDeclare = [...(own === undefined ? wanted : []), ...approve, ...free].filter(
    (name) => !Object.hasOwn(declared, name) && name !== 'search',
  );
  checkOthers(document, agent, toDeclare);

  const tools: Record<string, JsonObject> = Object.fromEntries(toDeclare.map((name) => [name, declare(name)]));
  for (const name of free) if (name !== ALWAYS_WAITS) tools[name] = { ...tools[name], require_approval: false };
  for (const name of approve) tools[name] = { ...tools[name], require_approval: true };
  return {
    ...(Object.keys(tools).length === 0 ? {} : { tools }),
    ...(own === undefined || wanted.length === 0 ? {} : { agents: { [agent]: { tools: [...new Set([...own, ...wanted])] } } }),
  };
}

/** A tool that the file declares under another name is that one. */
function chooseTools(input: CommandInput, document: JsonObject, declared: JsonObject): readonly string[] {
  const names = readList(input, 'tools');
  const hasStores = isJsonObject(document.document_stores) || findTextFlag(input, 'docs-folder') !== undefined;
  const handled = Object.values(declared).map((tool) => (isJsonObject(tool) ? tool.handler : undefined));
  const enabled = Object.keys(declared).filter((name) => !(isJsonObject(declared[name]) && declared[name].enabled === false));
  const all = [...enabled, ...BUILT_IN_TOOLS.filter((name) => name !== 'search' || hasStores)];
  const chosen = names.includes('all') ? [...new Set(all)] : names;
  return chosen.filter((name) => Object.hasOwn(declared, name) || !handled.includes(name));
}

function findList(document: JsonObject, agent: string): readonly string[] | undefined {
  const own = isJsonObject(document.agents) && isJsonObject(document.agents[agent]) ? document.agents[agent].tools : undefined;
  return Array.isArray(own) ? own.map(String) : undefined;
}

/** What is declared belongs to every agent that names no tools. */
function checkOthers(document: JsonObject, agent: string, names: readonly string[]): void {
  if (names.length === 0 || !isJsonObject(document.agents)) return;
  const other = Object.keys(document.agents).find((name) => name !== agent && findList(document, name) === undefined);
  if (other !== undefined)
    throw new AppError('CLI_USAGE', {
      message: `${names.join(', ')} would also be a tool of the agent '${other}', which names none; write agents.${other}.tools, or declare the tools in the file`,
    });
}

/** Its calls are the question. */
const ALWAYS_WAITS = 'request_approval';

function declare(name: string): JsonObject {
  return name === BUILT_IN_COMMAND ? { type: 'command' } : { type: 'function', handler: name };
}

function readList(input: CommandInput, flag: string): readonly string[] {
  const names = (findTextFlag(input, flag) ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

function checkNames(flag: string, names: readonly string[], declared: JsonObject): void {
  const known = [...new Set([...BUILT_IN_TOOLS, ...Object.keys(declared)])];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = findNearestName(unknown, known);
  throw new AppError('CLI_USAGE', {
    message: `--${flag}: there is no tool '${unknown}'; ${near === undefined ? `there is ${known.join(', ')}` : `did you mean '${near}'?`}`,
  });
}
