import { formatPath, type Path } from './path.js';
import { findSecretPlaces } from './secret-places.js';

export interface LiteralSecret {
  /** Where it stands, e.g. `llms.main.api_key`. */
  readonly path: string;
  /** Name for the variable that should hold it. */
  readonly variable: string;
}

/**
 * Secrets that stand in the text of a configuration (`Settings.source`) instead of in a variable. That text is stored with every run
 * that is pinned to it (R12), so it should hold none (CLI-48, SEC-17).
 */
export function findLiteralSecrets(source: string): readonly LiteralSecret[] {
  return findSecretPlaces(JSON.parse(source)).map((path) => ({ path: formatPath(path), variable: toVariable(path) }));
}

/** One line per secret, for people. */
export function describeLiteralSecret({ path, variable }: LiteralSecret): string {
  return `${path}: the secret is written out, and this text is stored with every run; write \${${variable}} and set that variable`;
}

function toVariable(path: Path): string {
  return path.join('_').replaceAll(/\W/g, '_').toUpperCase();
}
