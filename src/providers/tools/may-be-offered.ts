import type { ToolSettings } from '../../config/settings.js';
import { qualifyName } from './join-toolsets.js';

/**
 * Whether a name in `agents.<name>.tools` is a server, or a tool that one of them may offer (TOOL-43, CFG-91): one that its filter names,
 * any at all where there is no filter, since nobody asks the server before a run needs it.
 */
export function mayBeOffered(name: string, declared: Readonly<Record<string, ToolSettings>>): boolean {
  return Object.entries(declared).some(([server, settings]) => {
    if (settings.type !== 'mcp' || !settings.enabled || settings.internal) return false;
    if (server === name || settings.filter === undefined) return true;
    return settings.filter.some((tool) => tool === name || qualifyName(server, tool) === name) || isOwn(server, name);
  });
}

/** Servers that an agent may have tools of, so that no other is asked for its list. */
export function findWantedToolsets(
  wanted: readonly string[] | undefined,
  own: readonly string[],
  declared: Readonly<Record<string, ToolSettings>>,
): readonly string[] {
  const open = wanted?.filter((name) => !own.includes(name) && declared[name]?.type !== 'mcp');
  return Object.entries(declared).flatMap(([server, settings]) =>
    wanted?.includes(server) !== false || open?.some((name) => mayBeOffered(name, { [server]: settings })) ? [server] : [],
  );
}

/** Beside the filter: what `resources` and `prompts` add. */
function isOwn(server: string, name: string): boolean {
  return ['list_resources', 'read_resource', 'list_prompts', 'get_prompt'].some((tool) => qualifyName(server, tool) === name);
}
