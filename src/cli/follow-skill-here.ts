import { followSkill } from '../config/skill/follow-skill.js';
import { type CliContext, type CommandInput, findTextFlag } from './command.js';

/** CLI-23, where `.hector/config.yaml` is what is served: a file that somebody names is left as it is. */
export function followSkillHere(input: CommandInput, { workingDirectory, terminal }: CliContext): void {
  if (findTextFlag(input, 'config') !== undefined || input.flags['ephemeral'] === true) return;
  const followed = followSkill(workingDirectory);
  if (followed === undefined) return;
  const { agent, isWritten, unknownTools } = followed;
  if (isWritten) terminal.writeError(`The agent '${agent}' of .hector/config.yaml is now what SKILL.md says\n`);
  if (unknownTools.length > 0)
    terminal.writeError(`warning: SKILL.md allows ${unknownTools.join(', ')}, which there is no tool for here\n`);
}
