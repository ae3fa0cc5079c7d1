/** What git is told that makes it run other programs, or delete. */
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

const GIT_RUNNERS =
  /^(bisect|difftool|mergetool|filter-branch|daemon|instaweb|send-email|credential|upload-pack|receive-pack|shell|http-backend|web--browse|citool|gui|hook|p4|svn|[\w-]+--helper|for-each-repo|maintenance|sh-[\w-]+|imap-send|cvs\w+|archimport|help)$/;
const GIT_SETTINGS =
  /alias\.|pager|command|editor|hook|fsmonitor|askpass|helper|textconv|cmd|driver|process|clean|smudge|proxy|program|include|worktree|sshvariant|insteadof/i;

const GLOBAL_VALUES = ['-C', '-c', '--git-dir', '--work-tree', '--namespace'];
const GLOBAL_FLAGS =
  /^(-[pPhv]|--(version|help|paginate|no-pager|bare|no-replace-objects|no-lazy-fetch|no-optional-locks|no-advice|(literal|glob|noglob|icase)-pathspecs|html-path|man-path|info-path)|--[a-z-]+=.*)$/;

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkGit(args: readonly KnownWord[]): void {
  const words = args.map(({ text }) => text ?? '');
  const at = findVerb(words);
  const verb = words[at] ?? '';
  if (at !== -1 && args[at]?.text === undefined) throw refuse(`what 'git' does cannot be told: ${args[at]?.source}`);
  const rest = words.slice(at + 1);
  const settings = [
    ...words.slice(0, at === -1 ? undefined : at),
    ...(verb === 'clone' || verb === 'init' || verb === 'submodule' ? rest : []),
  ];
  if (settings.some((word) => /^(-c|--con?f?i?g?(=|$)|--config)/.test(word)))
    throw refuse("a setting given to 'git' may run other programs");
  if (GIT_RUNNERS.test(verb)) throw refuse(`'git ${verb}' may run other programs`);
  if (verb === 'submodule' && rest.includes('foreach')) throw refuse("'git submodule foreach' runs other programs");
  if (verb === 'config' && rest.some((word) => GIT_SETTINGS.test(word))) throw refuse("this setting of 'git config' runs other programs");
  if (verb === 'config' && args.slice(at + 1).some(({ text }) => text === undefined)) throw refuse("what 'git config' sets cannot be told");
  if (verb === 'clone' && rest.some((word) => /^-[a-zA-Z]*u/.test(word))) throw refuse("'git clone -u' runs another program");
  if (verb === 'rebase' && rest.some((word) => /^-[a-zA-Z]*x/.test(word))) throw refuse("'git rebase -x' runs another program");
  if (words.some((word) => /^--(te[mplate]*|sep[arate-gitd]*)(=|$)/.test(word)))
    throw refuse("this option of 'git' may bring hooks with it");
  if (verb === 'rm') throw refuse("'git rm' deletes as 'rm' does, which is denied");
  if (verb === 'clean') throw refuse("'git clean' deletes as 'rm' does, which is denied");
}

/** Where the command of git stands, behind the options of git itself; -1: nowhere. */
function findVerb(words: readonly string[]): number {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (!word.startsWith('-')) return index;
    if (GLOBAL_VALUES.includes(word)) index += 1;
    else if (!GLOBAL_FLAGS.test(word) && !/^-[cC]./.test(word))
      throw refuse(`the option ${word.slice(0, 80)} of 'git' is not one that is understood here`);
  }
  return -1;
}
