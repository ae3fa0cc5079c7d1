import { toAppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { formatPath, type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';
import { parseSigningKey, type SigningAlgorithm } from './signing-key.js';

/** What agent cards need beyond the schema: names that are there once, keys that sign, content that can be signed (G2, G4). */
export function checkCards(document: unknown): Finding[] {
  const keys = listAt(document, ['server', 'card_signing', 'keys']);
  return [...checkSigning(document, keys), ...agentNames(document).flatMap((name) => checkAgent(document, name, keys.length > 0))];
}

function checkSigning(document: unknown, keys: readonly unknown[]): Finding[] {
  const path: Path = ['server', 'card_signing', 'keys'];
  const findings = findRepeated(document, path, 'kid');
  if (keys.length > 0 && valueAt(document, ['server', 'public_url']) === '') {
    // Else whoever chooses the Host header would get the signature under a card that leads to a host of their own.
    findings.push({
      path: ['server', 'public_url'],
      description: 'empty, and server.card_signing signs the addresses on cards; wanted the base URL that clients reach',
    });
  }
  for (const [index, key] of keys.entries()) {
    const { private_key: text, alg } = isJsonObject(key) ? key : {};
    if (typeof text !== 'string' || !['ES256', 'EdDSA', 'RS256'].includes(String(alg))) continue;
    try {
      parseSigningKey(text, alg as SigningAlgorithm);
    } catch (error) {
      findings.push({ path: [...path, index, 'private_key'], description: toAppError(error).message });
    }
  }
  return findings;
}

function checkAgent(document: unknown, name: string, isSigned: boolean): Finding[] {
  const path: Path = ['agents', name];
  const extensions: Path = [...path, 'extensions'];
  const findings = [
    ...findRepeated(document, [...path, 'skills'], 'id'),
    ...findRepeated(document, [...path, 'extended_card', 'skills'], 'id'),
    ...findRepeated(document, extensions, 'uri'),
  ];
  if (!isSigned) return findings;
  for (const index of listAt(document, extensions).keys()) {
    const empty = findEmpty(valueAt(document, [...extensions, index, 'params']), [...extensions, index, 'params']);
    if (empty !== undefined) findings.push({ path: empty, description: EMPTY });
  }
  return findings;
}

const EMPTY =
  'empty, and clients disagree on how to verify a signed card that holds something empty; write a value, leave the key out, or sign no cards';

/** The first empty text, list or mapping, or nothing at all (`null`), at or below `path`. */
export function findEmpty(value: unknown, path: Path): Path | undefined {
  if (value === null || value === '') return path;
  if (typeof value !== 'object') return undefined;
  const members: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (members.length === 0) return path;
  for (const [key, member] of members) {
    const found = findEmpty(member, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findRepeated(document: unknown, path: Path, key: string): Finding[] {
  const first = new Map<unknown, number>();
  const findings: Finding[] = [];
  for (const [index, entry] of listAt(document, path).entries()) {
    const value = isJsonObject(entry) ? entry[key] : undefined;
    const earlier = first.get(value);
    if (typeof value !== 'string') continue;
    if (earlier === undefined) first.set(value, index);
    else
      findings.push({ path: [...path, index, key], description: `'${value}' is the ${key} of ${formatPath([...path, earlier])} already` });
  }
  return findings;
}

function agentNames(document: unknown): string[] {
  const agents = valueAt(document, ['agents']);
  return isJsonObject(agents) ? Object.keys(agents) : [];
}

function listAt(document: unknown, path: Path): readonly unknown[] {
  const value = valueAt(document, path);
  return Array.isArray(value) ? value : [];
}
