/** `serve` in a folder with a SKILL.md: the default agent of `.hector/config.yaml` is what it says (CFG-02, CFG-102, CLI-23). */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Document, isMap, isNode, parseDocument } from 'yaml';
import { canonicalJson, type JsonObject } from '../../base/json.js';
import { DEFAULT_CONFIG_FILE } from '../find-config-file.js';
import { mergeDocuments } from '../merge-documents.js';
import { parseConfigText } from '../parse-config-text.js';
import { readConfigFile } from '../read-config-file.js';
import { changedMeanwhile, notWritable, replaceConfigFile } from '../sources/file-source.js';
import { writeFileWhole } from '../sources/write-file-whole.js';
import { findSkill } from './read-skill.js';
import { toSkillDocument } from './skill-document.js';

export interface FollowedSkill {
  readonly agent: string;
  /** The file had to be changed. */
  readonly isWritten: boolean;
  readonly unknownTools: readonly string[];
}

/**
 * Writes what the skill says into the file, which keeps its comments and everything else; one that says so already is left alone.
 * `undefined`: there is no SKILL.md. @throws AppError `SKILL_INVALID`, `CONFIG_*`
 */
export function followSkill(workingDirectory: string): FollowedSkill | undefined {
  const skill = findSkill(workingDirectory);
  if (skill === undefined) return undefined;
  const file = join(workingDirectory, DEFAULT_CONFIG_FILE);
  const text = readConfigFile(file, { optional: true }) ?? '';
  const { value } = parseConfigText(text, file);
  const { agent, overlay, unknownTools } = toSkillDocument(skill, value);
  const wanted = mergeDocuments(value, overlay);
  const isWritten = canonicalJson(wanted) !== canonicalJson(value);
  if (isWritten) write(file, edit(text, overlay), text);
  return { agent, isWritten, unknownTools };
}

/** @param before what was read */
function write(file: string, text: string, before: string): void {
  if (before !== '') {
    if (!replaceConfigFile(file, text, (name) => readConfigFile(name) === before)) throw changedMeanwhile(file);
    return;
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileWhole(file, text);
    chmodSync(file, 0o600);
  } catch (error) {
    throw notWritable(file, error);
  }
}

function edit(text: string, overlay: JsonObject): string {
  const document = parseDocument(text === '' ? HEADER : text, { merge: true });
  for (const [section, entries] of Object.entries(overlay))
    for (const [name, entry] of Object.entries(entries as JsonObject)) setEntry(document, [section, name], entry as JsonObject);
  return document.toString({ lineWidth: 0 });
}

/** Key by key, so that what else stands there stays, with its comments. */
function setEntry(document: Document, path: readonly string[], entry: JsonObject): void {
  for (let depth = 0; depth <= path.length; depth++) {
    const place = path.slice(0, depth);
    const there = depth === 0 ? document.contents : document.getIn(place, true);
    if (isMap(there)) continue;
    if (depth === 0) document.contents = document.createNode({}) as typeof document.contents;
    else document.setIn(place, document.createNode({}));
  }
  for (const [key, value] of Object.entries(entry))
    if (canonicalJson(plain(document.getIn([...path, key]))) !== canonicalJson(value))
      document.setIn([...path, key], document.createNode(value));
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  return isNode(value) ? value.toJSON() : value;
}

const HEADER =
  "# The default agent is what SKILL.md beside this folder says, anew with each 'hector serve'; everything else is yours.\nversion: '2'\n";
