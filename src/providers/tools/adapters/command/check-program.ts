/** What some programs are told by their arguments: code to run, programs to run. */
import { checkAwk } from './check-awk.js';
import { checkGit } from './check-git.js';
import { checkInterpreter, isInterpreter } from './check-interpreter.js';
import { checkSed } from './check-sed.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';
import { findRunningOption } from './running-options.js';
import { checkVariable } from './unwrap-command.js';

/**
 * `isAllowed`: the allow list names it, and its code is somebody's decision.
 * @throws AppError `TOOL_COMMAND_REFUSED`
 */
export function checkPrograms(name: string, args: readonly KnownWord[], isAllowed: boolean): void {
  checkBuiltins(name, args);
  if (isAllowed) return;
  const running = findRunningOption(name, args);
  if (running !== undefined) throw refuse(`'${name} ${running.slice(0, 80)}' may run another program`);
  if (isInterpreter(name)) checkInterpreter(name, args);
  if (/^([gmn]?awk|original-awk|bwk)$/.test(name)) checkAwk(name, args);
  if (name === 'sed' || name === 'gsed') checkSed(args);
  if (name === 'git') checkGit(args);
  if (name === 'make' || name === 'gmake') checkMake(name, args);
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/;
const DECLARING = ['declare', 'typeset', 'local', 'export', 'readonly'];

/** Builtins that assign take names, and bash evaluates what stands in the brackets of a name. */
function checkBuiltins(name: string, args: readonly KnownWord[]): void {
  if (DECLARING.includes(name)) {
    for (const { text, source } of args) {
      if (text !== undefined && /^[-+]/.test(text)) {
        if (/[in]/.test(text)) throw refuse(`'${name} ${text}' makes later assignments mean something else`);
        continue;
      }
      const assigned = /^([A-Za-z_]\w*)(\+?=|$)/.exec(text ?? source);
      if (assigned === null) throw refuse(`what '${name}' assigns cannot be told: ${source.slice(0, 80)}`);
      checkVariable(assigned[1] as string);
    }
  }
  if (name === 'read' || name === 'mapfile' || name === 'readarray') checkReading(name, args);
  if (name === 'unset' || name === 'getopts')
    for (const { text, source } of args.slice(name === 'getopts' ? 1 : 0, name === 'getopts' ? 2 : undefined)) {
      if (text === undefined || !(PLAIN_NAME.test(text) || /^-[fv]$/.test(text)))
        throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
      if (PLAIN_NAME.test(text)) checkVariable(text);
    }
  if (name === 'printf') {
    const at = args.findIndex(({ text }) => text === undefined || text.startsWith('-v'));
    if (at === 0) {
      const { text, source } = args[0] as KnownWord;
      const variable = text === '-v' ? args[1]?.text : text?.slice(2);
      if (text !== undefined && !PLAIN_NAME.test(variable ?? ''))
        throw refuse(`the name that 'printf -v' is given cannot be told: ${source}`);
      if (text !== undefined) checkVariable(variable as string);
      if (text === undefined && (args[0] as KnownWord).isSingle === false) throw refuse(`what 'printf' does cannot be told: ${source}`);
    }
  }
  if (name === 'test' || name === '[')
    for (const [index, { text }] of args.entries())
      if ((text === '-v' || text === '-R') && !PLAIN_NAME.test(args[index + 1]?.text ?? ''))
        throw refuse(`'${text}' of something else than a plain name`);
  if (name === 'wait') checkWaiting(args);
  if (name === 'set' && args.some(({ text }) => text !== undefined && /^-[a-zA-Z]*[kn]/.test(text)))
    throw refuse("'set' with -k or -n changes what later words mean");
}

function checkWaiting(args: readonly KnownWord[]): void {
  for (const [index, { text, source }] of args.entries()) {
    const variable = /^-[fn]*p(.*)$/.exec(text ?? '')?.[1];
    const named = variable === '' ? args[index + 1]?.text : variable;
    if (variable === undefined) continue;
    if (named === undefined || !PLAIN_NAME.test(named))
      throw refuse(`the name that 'wait -p' is given cannot be told: ${source.slice(0, 80)}`);
    checkVariable(named);
  }
}

function checkReading(name: string, args: readonly KnownWord[]): void {
  for (let index = 0; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    if (text === undefined) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    if (text === '--') continue;
    if (text.includes('\n')) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    if (name !== 'read' && /^-[a-zA-Z]*[Cc]/.test(text)) throw refuse(`'${name} -C' runs a command`);
    const option = name === 'read' ? /^-[ersz]*([adinNptu])?(.*)$/s.exec(text) : /^-t?([dnOsu])?(.*)$/s.exec(text);
    if (option !== null) {
      const value = option[1] === 'a' ? option[2] || args[index + 1]?.text : undefined;
      if (value !== undefined) checkVariable(value);
      if (value !== undefined && !PLAIN_NAME.test(value))
        throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
      if (option[1] !== undefined && option[2] === '') index += 1;
      continue;
    }
    if (!PLAIN_NAME.test(text)) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    checkVariable(text);
  }
}

/** A makefile is a script: what comes by standard input or from a substitution is not one that can be looked at. */
function checkMake(name: string, args: readonly KnownWord[]): void {
  for (const [index, { text, source }] of args.entries()) {
    const attached = /^(?:-[a-zA-Z]*f|--(?:f|m)[a-z]*=)(.+)$/s.exec(text ?? '')?.[1];
    const isNext = text !== undefined && /^(-[a-zA-Z]*f|--(f|m)[a-z]*)$/.test(text);
    const file = isNext ? (args[index + 1]?.text ?? '-') : attached;
    if (file !== undefined && (file === '-' || file.startsWith('/dev/')))
      throw refuse(`'${name}' with recipes from its input runs what cannot be looked at here: ${source}`);
  }
}
