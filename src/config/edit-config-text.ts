/**
 * What the management API shows of the text of a configuration, and what it makes of a text that comes back (API-04…API-06): without the
 * block `server`, and without secrets that stand in it. References such as `${VAR}`, comments and order stay as they are written.
 */
import { isMap, isScalar, type Pair, parseDocument, stringify } from 'yaml';
import { AppError, type FieldProblem } from '../base/errors.js';
import { canonicalJson, isJsonObject, type JsonObject } from '../base/json.js';
import { hideAddressSecrets } from './address-secrets.js';
import { MASK } from './hide-secrets.js';
import { parseConfigText } from './parse-config-text.js';
import { formatPath, type Path, valueAt } from './path.js';
import { findSecretPlaces, isAddress } from './secret-places.js';

const LOCKED = 'server';

/** @param place its ending says when it is JSON. @throws AppError `CONFIG_SYNTAX` */
export function showConfigText(text: string, place: string): string {
  const value = parse(text, place);
  const secrets = findSecretPlaces(value).filter(([key]) => key !== LOCKED);
  return edit({
    text,
    place,
    drop: LOCKED in value ? [[LOCKED]] : [],
    set: secrets.map((path) => [path, hide(path, valueAt(value, path))]),
  });
}

/**
 * The text as it is to be stored: what was hidden is put back.
 * @throws AppError `CONFIG_SYNTAX`; `CONFIG_SERVER_LOCKED` for a text with a block `server`; `CONFIG_INVALID` for a mask that hides nothing
 */
export function restoreConfigText(text: string, stored: string, place: string): string {
  const value = parse(text, NEUTRAL_NAME);
  if (LOCKED in value)
    throw new AppError('CONFIG_SERVER_LOCKED', {
      message:
        "The text has a block 'server'; server configuration is immutable via the studio API: leave the block out, it stays as it is",
    });
  const known = parse(stored, place);
  const set = findMasked(value).map((path): Edit => {
    const secret = valueAt(known, path);
    return [path, hide(path, secret) === valueAt(value, path) ? secret : undefined];
  });
  const problems = set.filter(([, secret]) => secret === undefined).map(([path]) => unknownMask(path));
  if (problems.length > 0)
    throw new AppError('CONFIG_INVALID', { message: `The configuration is invalid: ${problems.length} masked values`, problems });
  return edit({ text, place, drop: [], set, server: known[LOCKED], stored });
}

function unknownMask(path: Path): FieldProblem {
  return { field: formatPath(path), description: `${MASK} stands for a secret that was here, and there was none; write \${VARIABLE}` };
}

type Edit = readonly [path: Path, value: unknown];

interface Edits {
  readonly text: string;
  readonly place: string;
  readonly drop: readonly Path[];
  readonly set: readonly Edit[];
  /** Block that is put in; `stored` is the text that it comes from. */
  readonly server?: unknown;
  readonly stored?: string;
}

/** In the text itself, so that comments stay; where its notation does not let that be, the same values written anew. */
function edit(edits: Edits): string {
  const { text, place, drop, set, server } = edits;
  const wanted = structuredClone(parse(text, NEUTRAL_NAME)) as Record<string, unknown>;
  for (const [key] of drop) delete wanted[String(key)];
  for (const [path, value] of set) setAt(wanted, path, value);
  if (server !== undefined) wanted[LOCKED] = server;
  if (place.endsWith('.json')) return `${JSON.stringify(wanted, null, 2)}\n`;
  if (drop.length === 0 && set.length === 0 && server === undefined) return text;
  return findEdited(edits, wanted) ?? stringify(wanted, { lineWidth: 0 });
}

function findEdited({ text, drop, set, server, stored = '' }: Edits, wanted: object): string | undefined {
  try {
    const document = parseDocument(text, { merge: true });
    for (const path of drop) document.deleteIn(path);
    for (const [path, value] of set) document.setIn(path, value);
    if (server !== undefined) {
      const pair = findPair(stored);
      if (pair === undefined || !isMap(document.contents)) return undefined;
      document.contents.items.push(pair as (typeof document.contents.items)[number]);
    }
    const edited = document.toString({ lineWidth: 0 });
    return canonicalJson(parse(edited, NEUTRAL_NAME)) === canonicalJson(wanted) ? edited : undefined;
  } catch {
    // An anchor that stood in what was left out, for one.
    return undefined;
  }
}

function findPair(stored: string): Pair | undefined {
  const { contents } = parseDocument(stored, { merge: true });
  if (!isMap(contents)) return undefined;
  return contents.items.find(({ key }) => isScalar(key) && key.value === LOCKED) as Pair | undefined;
}

function findMasked(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return value.includes(MASK) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => findMasked(item, [...path, index]));
  return isJsonObject(value) ? Object.entries(value).flatMap(([key, member]) => findMasked(member, [...path, key])) : [];
}

/** Of an address, its secrets alone. */
function hide(path: Path, secret: unknown): string {
  return isAddress(path) ? hideAddressSecrets(String(secret), MASK) : MASK;
}

function setAt(target: Record<string, unknown>, path: Path, value: unknown): void {
  const parent = valueAt(target, path.slice(0, -1)) as Record<string | number, unknown>;
  parent[path.at(-1) as string | number] = value;
}

function parse(text: string, place: string): JsonObject {
  return parseConfigText(text, place).value;
}

/** A text from a client may be either. */
const NEUTRAL_NAME = 'the text sent';
