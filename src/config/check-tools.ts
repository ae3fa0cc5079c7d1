import { isJsonObject, type JsonObject } from '../base/json.js';
import { FUNCTION_KEYS, findLimitKeys } from './keys/function-tools.js';
import { checkMcpTool } from './keys/mcp-tools.js';
import { findToolKind, KINDS, type ToolKind } from './keys/tools.js';
import { findNearestName } from './nearest-name.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** CFG-50, and keys that the tool's kind or its handler does not have. */
export function checkTools(document: unknown): Finding[] {
  const tools = valueAt(document, ['tools']);
  if (!isJsonObject(tools)) return [];
  return Object.entries(tools).flatMap(([name, tool]) => {
    if (!isJsonObject(tool)) return [];
    const report = (key: string, description: string): Finding => ({ path: ['tools', name, key], description });
    const kind = findToolKind(tool);
    if (kind === undefined) return [report('type', `missing, and it cannot be told; wanted one of ${Object.keys(KINDS).join(', ')}`)];
    if (!Object.hasOwn(KINDS, kind)) return [];
    const foreign = findForeignKeys(tool, kind as ToolKind).map(({ key, owners }) =>
      report(key, `only tools of 'type: ${owners.join("' or 'type: ")}' have it, and this one is of 'type: ${kind}'`),
    );
    return [...foreign, ...(kind === 'function' ? checkFunction(tool, report) : []), ...(kind === 'mcp' ? checkMcpTool(tool, report) : [])];
  });
}

function findForeignKeys(tool: JsonObject, kind: ToolKind): readonly { readonly key: string; readonly owners: readonly string[] }[] {
  const kinds: readonly (readonly [string, readonly string[]])[] = Object.entries(KINDS);
  return Object.keys(tool)
    .map((key) => ({ key, owners: kinds.flatMap(([owner, keys]) => (keys.includes(key) ? [owner] : [])) }))
    .filter(({ owners }) => owners.length > 0 && !owners.includes(kind));
}

function checkFunction(tool: JsonObject, report: (key: string, description: string) => Finding): Finding[] {
  const { handler } = tool;
  if (handler === undefined)
    return [report('handler', "missing; 'type: function' needs the name of a built-in tool, or of one that code adds")];
  if (typeof handler !== 'string') return [];
  const known: readonly string[] = findLimitKeys(handler);
  return Object.keys(tool)
    .filter((key) => Object.hasOwn(FUNCTION_KEYS, key) && key !== 'handler' && key !== 'parameters' && !known.includes(key))
    .map((key) => {
      const near = findNearestName(key, known);
      const cure =
        known.length === 0 ? 'it has no limits of its own' : near === undefined ? `it has ${known.join(', ')}` : `did you mean '${near}'?`;
      return report(key, `the handler '${handler}' does not read it; ${cure}`);
    });
}
