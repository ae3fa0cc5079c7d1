import { isJsonObject } from '../base/json.js';

export interface Source {
  /** Title and place, as shown. */
  readonly label: string;
}

const PATH_KEYS = ['sourcePath', 'source_path', 'path', 'url'] as const;

/** Everything in `values` that looks like the source of a passage: an object with a path, in a list, at any depth up to 4. */
export function findSources(values: readonly unknown[], depth = 0): Source[] {
  if (depth > 4) return [];
  return values.flatMap((value) => {
    if (Array.isArray(value)) return value.flatMap((item) => toSource(item) ?? findSources([item], depth + 1));
    return isJsonObject(value) ? findSources(Object.values(value), depth + 1) : [];
  });
}

/** Called what they are: the agent was given them; which of them its answer rests on, only the answer can say. */
export function formatSources(sources: readonly Source[]): string {
  if (sources.length === 0) return '';
  return `Passages given to the agent:\n${sources.map((source, index) => `  ${index + 1}. ${source.label}\n`).join('')}`;
}

function toSource(value: unknown): Source[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const path = PATH_KEYS.map((key) => value[key]).find((candidate) => typeof candidate === 'string' && candidate !== '');
  if (path === undefined) return undefined;
  const title =
    typeof value.title === 'string' && value.title !== '' && value.title !== path ? `${value.title} (${String(path)})` : String(path);
  return [{ label: title }];
}
