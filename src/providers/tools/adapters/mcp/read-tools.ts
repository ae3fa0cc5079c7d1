/** What a server offers, page by page, taken in as from a stranger: what cannot be used is left out, and said so. */
import { AppError } from '../../../../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue, sha256Hex } from '../../../../base/json.js';
import { cleanLine, cleanText } from './clean-text.js';
import { findSchemaProblem } from './find-schema-problem.js';
import { MAX_DESCRIPTION, MAX_ENTRIES, MAX_LIST_BYTES, MAX_NAME, MAX_PAGES } from './limits.js';

/** Sends one request of a list. */
export type Ask = (method: string, params: JsonObject) => Promise<JsonObject>;

export interface OfferedTool {
  /** As the server knows it. */
  readonly rawName: string;
  /** As models may be told it: `a-z A-Z 0-9 _ -`, at most 64 characters; unique in the list. */
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
  readonly outputSchema: JsonObject | undefined;
  readonly isReadOnly: boolean;
  readonly isIdempotent: boolean;
}

export interface ToolList {
  readonly tools: readonly OfferedTool[];
  /** What was left out, and why. At most `MAX_PROBLEMS`. */
  readonly problems: readonly string[];
}

/** @throws AppError `TOOL_FAILED` for a list that is none. */
export async function readTools(ask: Ask): Promise<ToolList> {
  const problems = new Problems();
  const tools = new Map<string, OfferedTool>();
  for (const entry of await readList(ask, 'tools/list', 'tools', problems)) {
    const tool = readTool(entry, problems);
    if (tool === undefined) continue;
    if (tools.has(tool.name)) problems.add(`a second tool '${tool.name}' is left out`);
    else tools.set(tool.name, tool);
  }
  return { tools: [...tools.values()], problems: problems.all };
}

/** The entries of all pages. */
export async function readList(ask: Ask, method: string, member: string, problems: Problems): Promise<readonly JsonObject[]> {
  const entries: JsonObject[] = [];
  const cursors = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await ask(method, cursor === undefined ? {} : { cursor });
    const list = page[member];
    if (!Array.isArray(list)) throw new AppError('TOOL_FAILED', { message: `the answer to '${method}' has no list '${member}'` });
    for (const entry of list as readonly JsonValue[]) {
      if (!isJsonObject(entry)) {
        problems.add(`an entry of '${member}' that is no object is left out`);
        continue;
      }
      bytes += Buffer.byteLength(JSON.stringify(entry));
      if (entries.length >= MAX_ENTRIES || bytes > MAX_LIST_BYTES) {
        problems.add(
          `only the first ${entries.length} of '${member}' are taken: more than ${MAX_ENTRIES}, or than ${MAX_LIST_BYTES} bytes`,
        );
        return entries;
      }
      entries.push(entry);
    }
    const next = page['nextCursor'];
    if (typeof next !== 'string' || next === '') return entries;
    if (pages >= MAX_PAGES || cursors.has(next)) {
      problems.add(`'${member}' does not end: only the first ${pages} pages are taken`);
      return entries;
    }
    cursors.add(next);
    cursor = next;
  }
}

/** A hostile list must not fill the log either. */
export class Problems {
  readonly all: string[] = [];

  add(problem: string): void {
    if (this.all.length < MAX_PROBLEMS) this.all.push(cleanLine(problem));
  }
}

function readTool(entry: JsonObject, problems: Problems): OfferedTool | undefined {
  const rawName = entry['name'];
  if (typeof rawName !== 'string' || rawName === '' || rawName.length > MAX_RAW_NAME) {
    problems.add('a tool without a usable name is left out');
    return undefined;
  }
  const name = toToolName(rawName);
  const parameters = isJsonObject(entry['inputSchema']) ? entry['inputSchema'] : {};
  const problem = findSchemaProblem(parameters);
  if (problem !== undefined) {
    problems.add(`the tool '${name}' is left out: its inputSchema ${problem}`);
    return undefined;
  }
  const execution = entry['execution'];
  if (isJsonObject(execution) && execution['taskSupport'] === 'required') {
    problems.add(`the tool '${name}' is left out: it runs only as an MCP task`);
    return undefined;
  }
  const outputSchema = entry['outputSchema'];
  const outputProblem = isJsonObject(outputSchema) ? findSchemaProblem(outputSchema) : undefined;
  if (outputProblem !== undefined) problems.add(`what the tool '${name}' returns is not checked: its outputSchema ${outputProblem}`);
  const annotations = isJsonObject(entry['annotations']) ? entry['annotations'] : {};
  return {
    rawName,
    name,
    description: cleanText(
      typeof entry['description'] === 'string' ? entry['description'] : String(entry['title'] ?? name),
      MAX_DESCRIPTION,
    ),
    parameters: { ...parameters, type: 'object' },
    outputSchema: isJsonObject(outputSchema) && outputProblem === undefined ? outputSchema : undefined,
    isReadOnly: annotations['readOnlyHint'] === true,
    isIdempotent: annotations['idempotentHint'] === true,
  };
}

/** A name that every model provider takes; a long one keeps its beginning and stays unique. */
export function toToolName(raw: string): string {
  const clean = raw.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (clean.length <= MAX_NAME) return clean;
  const suffix = `_${sha256Hex(raw).slice(0, 8)}`;
  return `${clean.slice(0, MAX_NAME - suffix.length)}${suffix}`;
}

const MAX_RAW_NAME = 1_000;
const MAX_PROBLEMS = 20;
