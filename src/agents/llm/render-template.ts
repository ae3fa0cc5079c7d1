/** `{name}` in instructions (AGT-65, AGT-66): pure but for what it asks for. */
import { AppError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import type { SessionState } from '../../tasks/session-state.js';

export interface TemplateScope {
  readonly state: SessionState;
  /** Text of an artifact by its name; `undefined`: there is none. */
  findArtifact(name: string): Promise<string | undefined>;
}

/**
 * Replaces `{name}`, `{app:name}`, `{user:name}`, `{temp:name}` and `{artifact.name}`; with `?` behind it, what is missing is empty. Braces
 * around anything else stay, and so do double braces.
 * @throws AppError `AGENT_INSTRUCTION_INVALID` with all that is missing.
 */
export async function renderTemplate(template: string, key: string, scope: TemplateScope): Promise<string> {
  const found = [...template.matchAll(PLACEHOLDER)];
  if (found.length === 0) return template;
  const values = await Promise.all(found.map((match) => findValue(match.groups as Placeholder, scope)));
  const missing = found.filter((_, index) => values[index] === undefined).map(([whole]) => whole);
  if (missing.length > 0) {
    const [first = ''] = missing;
    throw new AppError('AGENT_INSTRUCTION_INVALID', {
      message: `${key}: ${[...new Set(missing)].join(', ')} has no value in this session; set it, or write ${first.replace('}', '?}')} where it may be missing`,
    });
  }
  let next = 0;
  return template.replaceAll(PLACEHOLDER, () => values[next++] as string);
}

interface Placeholder {
  readonly artifact?: string;
  readonly name?: string;
  readonly optional?: string;
}

async function findValue(
  { artifact, name = '', optional }: Placeholder,
  { state, findArtifact }: TemplateScope,
): Promise<string | undefined> {
  const value = artifact === undefined ? findState(state, name) : await findArtifact(artifact);
  return value ?? (optional === undefined ? undefined : '');
}

function findState(state: SessionState, name: string): string | undefined {
  const value: JsonValue | undefined = Object.hasOwn(state, name) ? state[name] : undefined;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const PLACEHOLDER =
  /(?<!\{)\{(?:artifact\.(?<artifact>[\w][\w./-]*)|(?<name>(?:(?:app|user|temp):)?[A-Za-z_]\w*))(?<optional>\?)?\}(?!\})/g;
