/** `SKILL.md` as agentskills.io has it (CFG-100): what an agent is for and how it works, in a file that other programs read, too. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { AppError, type FieldProblem } from '../../base/errors.js';
import type { JsonObject } from '../../base/json.js';
import { parseConfigText } from '../parse-config-text.js';
import { readConfigFile } from '../read-config-file.js';

export interface Skill {
  readonly name: string;
  readonly description: string;
  /** As they stand in the file; `undefined`: it says nothing of tools. */
  readonly allowedTools: readonly string[] | undefined;
  /** The text below the front matter. */
  readonly instruction: string;
}

export const SKILL_FILE = 'SKILL.md';

/** The one of a folder; `undefined` where there is none. @throws AppError `SKILL_INVALID` with everything that is wrong */
export function findSkill(folder: string): Skill | undefined {
  const file = join(folder, SKILL_FILE);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  checkPlace(file, folder);
  return parseSkill(readConfigFile(file), file);
}

/** It becomes what a model is told to do: a link may not make another file of this machine of it. */
function checkPlace(file: string, folder: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  const problem = !stats?.isFile()
    ? 'it is no plain file'
    : !realpathSync(file).startsWith(`${realpathSync(resolve(folder))}${sep}`)
      ? 'it is a link that leads out of its folder'
      : stats.size > MAX_SKILL_BYTES
        ? `it has ${stats.size} bytes; wanted at most ${MAX_SKILL_BYTES}`
        : undefined;
  if (problem !== undefined) throw new AppError('SKILL_INVALID', { message: `${file} is not read: ${problem}` });
}

/** @throws AppError `SKILL_INVALID`, `CONFIG_SYNTAX` for front matter that is no YAML */
export function parseSkill(text: string, file: string = SKILL_FILE): Skill {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  if (lines[0]?.trimEnd() !== '---' || end === -1)
    throw new AppError('SKILL_INVALID', {
      message: `${file} has no front matter; wanted a line ---, the keys name and description, and a line ---`,
    });
  const matter = parseConfigText(lines.slice(1, end).join('\n'), file).value;
  const instruction = lines
    .slice(end + 1)
    .join('\n')
    .trim();
  const problems: FieldProblem[] = [];
  const add = (field: string, description: string) => void problems.push({ field, description });
  const name = readText(matter, 'name', MAX_NAME, add);
  if (name !== '' && !NAME.test(name)) add('name', `'${name}' has more than small letters, digits and single hyphens between them`);
  const description = readText(matter, 'description', MAX_DESCRIPTION, add);
  const allowedTools = readTools(matter['allowed-tools'], add);
  if (instruction === '') add('body', 'is empty; wanted what the agent is to do, below the front matter');
  if (problems.length > 0) throw new AppError('SKILL_INVALID', { message: `${file} is not valid`, problems });
  return { name, description, allowedTools, instruction };
}

type Add = (field: string, description: string) => void;

function readText(matter: JsonObject, key: string, longest: number, add: Add): string {
  const value = matter[key];
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') add(key, 'is missing; wanted a text');
  else if (text.length > longest) add(key, `has ${text.length} characters; wanted at most ${longest}`);
  return text.slice(0, longest);
}

/** Separated by blanks (those within parentheses separate nothing), or as a list. */
function readTools(value: unknown, add: Add): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const tools = typeof value === 'string' ? (value.match(/[^\s(,]+(?:\([^()]{0,200}\))?/g) ?? []) : value;
  if (Array.isArray(tools) && tools.length <= MAX_TOOLS && tools.every((tool): tool is string => typeof tool === 'string' && tool !== ''))
    return tools;
  add('allowed-tools', `is neither names with blanks between them nor a list of at most ${MAX_TOOLS} names`);
  return undefined;
}

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const MAX_NAME = 64;
const MAX_DESCRIPTION = 1_024;
const MAX_TOOLS = 100;
const MAX_SKILL_BYTES = 262_144;
