/** `serve` beside a SKILL.md (CLI-23, CFG-102): what it says about the default agent, where a file is kept and where none is. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { mergeDocuments } from '../config/merge-documents.js';
import { type FollowedSkill, followSkill } from '../config/skill/follow-skill.js';
import { findSkill, SKILL_FILE } from '../config/skill/read-skill.js';
import { toSkillDocument } from '../config/skill/skill-document.js';
import type { ConfigSource } from '../config/sources/config-source.js';
import type { CliContext } from './command.js';

type Here = Pick<CliContext, 'workingDirectory' | 'terminal'>;
type Overrides = (document: JsonObject) => JsonObject;

/** Where `.hector/config.yaml` is what is served: a file that somebody names is left as it is. */
export function followSkillHere({ workingDirectory, terminal }: Here): void {
  const followed = followSkill(workingDirectory);
  if (followed === undefined) return;
  if (followed.isWritten) terminal.writeError(`The agent '${followed.agent}' of .hector/config.yaml is now what SKILL.md says\n`);
  warnAboutTools(followed, terminal);
}

/** Where nothing is written (CLI-22): the skill lies below what the command line says, as it does in the file. */
export function withSkillHere({ workingDirectory, terminal }: Here, overrides: Overrides): Overrides {
  const skill = findSkill(workingDirectory);
  if (skill === undefined) return overrides;
  return (document) => {
    const followed = toSkillDocument(skill, document);
    warnAboutTools(followed, terminal);
    return mergeDocuments(followed.overlay, overrides(mergeDocuments(document, followed.overlay)));
  };
}

/** With `--watch`: a SKILL.md that has changed is written into the file before that is read again; one that is wrong leaves it as it is. */
export function watchSkillHere(source: ConfigSource, here: Here): ConfigSource {
  const file = join(here.workingDirectory, SKILL_FILE);
  let seen = identityOf(file);
  return {
    ...source,
    watch: (onChange) =>
      source.watch(() => {
        const now = identityOf(file);
        if (now !== seen) follow(here);
        seen = now;
        onChange();
      }),
  };
}

function follow(here: Here): void {
  try {
    followSkillHere(here);
  } catch (error) {
    here.terminal.writeError(`warning: the agent stays as it is: ${describeError(error)}\n`);
  }
}

function identityOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
}

function warnAboutTools({ unknownTools }: Pick<FollowedSkill, 'unknownTools'>, terminal: Here['terminal']): void {
  if (unknownTools.length > 0)
    terminal.writeError(`warning: SKILL.md allows ${unknownTools.join(', ')}, which there is no tool for here\n`);
}
