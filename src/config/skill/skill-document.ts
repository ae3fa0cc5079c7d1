/** What a skill says in the words of the configuration (CFG-100, CFG-101): about the default agent, and the tools that it wants. */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { Skill } from './read-skill.js';

export interface SkillDocument {
  /** Key of the agent that the skill is for. */
  readonly agent: string;
  /** To be laid over the configuration. */
  readonly overlay: JsonObject;
  /** Names in `allowed-tools` that mean nothing here. */
  readonly unknownTools: readonly string[];
}

/** @throws AppError `SKILL_INVALID` when a tool would become another agent's, too */
export function toSkillDocument(skill: Skill, document: JsonObject): SkillDocument {
  const agent = chooseAgent(document);
  const declared = isJsonObject(document['tools']) ? document['tools'] : {};
  const wanted = (skill.allowedTools ?? []).map((tool) => ({ tool, name: findTool(tool, declared) }));
  const names = [...new Set(wanted.flatMap(({ name }) => name ?? []))];
  const missing = names.filter((name) => !Object.hasOwn(declared, name) && !isHandled(declared, name));
  checkOthers(document, agent, missing);
  return {
    agent,
    overlay: {
      agents: {
        [agent]: {
          name: literal(skill.name),
          description: literal(skill.description),
          instruction: literal(skill.instruction),
          ...(skill.allowedTools === undefined ? {} : { tools: names }),
        },
      },
      ...(missing.length === 0 ? {} : { tools: Object.fromEntries(missing.map((name) => [name, DECLARED[name] as JsonObject])) }),
    },
    unknownTools: wanted.flatMap(({ tool, name }) => (name === undefined ? [tool] : [])),
  };
}

/** As `completeDocument` and zero-config have it. */
function chooseAgent({ defaults, agents }: JsonObject): string {
  const named = isJsonObject(defaults) ? defaults['agent'] : undefined;
  if (typeof named === 'string') return named;
  const [first = 'assistant', ...others] = isJsonObject(agents) ? Object.keys(agents) : [];
  return others.includes('assistant') ? 'assistant' : first;
}

/** What stands in parentheses is a hint and no rule: the command tool has its own. */
function findTool(tool: string, declared: JsonObject): string | undefined {
  const name = tool.replace(/\(.*$/s, '');
  if (Object.hasOwn(declared, name)) return name;
  return Object.entries(NAMES).find(([known, others]) => known === name || others.includes(name))?.[0];
}

function isHandled(declared: JsonObject, name: string): boolean {
  return Object.values(declared).some((tool) => isJsonObject(tool) && tool['handler'] === name);
}

/** What is declared belongs to every agent that names no tools, and this file is about one. */
function checkOthers({ agents }: JsonObject, agent: string, missing: readonly string[]): void {
  if (missing.length === 0 || !isJsonObject(agents)) return;
  const other = Object.entries(agents).find(
    ([name, settings]) => name !== agent && !(isJsonObject(settings) && Array.isArray(settings['tools'])),
  );
  if (other !== undefined)
    throw new AppError('SKILL_INVALID', {
      message: `allowed-tools of SKILL.md would give ${missing.join(', ')} to the agent '${other[0]}', too, which names no tools; write agents.${other[0]}.tools`,
    });
}

/** The file comes from a folder that others write to: no variable of this process gets into what a model reads. */
function literal(text: string): string {
  return /^\$[A-Za-z_]\w*$/.test(text) ? `$${text}` : text.split('${').join('$${');
}

/** CFG-101: tools here, and how skills call them. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  text_editor: ['Read', 'Edit', 'Write', 'Editor', 'MultiEdit'],
  bash: ['Bash'],
  grep_search: ['Grep'],
  web_fetch: ['WebFetch'],
  todo_write: ['TodoWrite'],
};

const DECLARED: Readonly<Record<string, JsonObject>> = {
  ...Object.fromEntries(Object.keys(NAMES).map((name) => [name, { type: 'function', handler: name }])),
  bash: { type: 'command' },
};
