/**
 * Whether a command line may run (TOOL-30…34, W-35): it is parsed as bash parses it, every command in it is found, wherever it stands,
 * and what cannot be parsed or decided is refused.
 *
 * Not a wall: a program that may run can do whatever this process's user can (README.md, "What the command check is not").
 */
import {
  type Command,
  type Function as FunctionNode,
  forEachChild,
  type ParsedScript,
  parse,
  type Redirection,
  type SyntaxNode,
  type Word,
} from 'unbash';
import { runBounded } from '../../../../base/run-bounded.js';
import { checkArithmetic } from './check-arithmetic.js';
import { checkPrograms } from './check-program.js';
import { OPAQUE_BUILTINS, SHELLS } from './command-names.js';
import { type CommandPolicy, MAX_COMMAND_LENGTH } from './command-policy.js';
import { type CommandRules, createCommandRules } from './command-rules.js';
import { createFolderRules, type FolderRules } from './folder-rules.js';
import { checkPaths, checkPathWord } from './path-arguments.js';
import { type KnownWord, readArgument, readWord } from './read-word.js';
import { refuse } from './refusal.js';
import { checkVariable, unwrapCommand } from './unwrap-command.js';

const MAX_DEPTH = 8;
const MAX_CHECK_MS = 2_000;

/** @throws AppError `TOOL_COMMAND_REFUSED` with the reason */
export function checkCommand(command: string, policy: CommandPolicy): void {
  if (command.length > MAX_COMMAND_LENGTH) throw refuse(`it has ${command.length} characters; wanted at most ${MAX_COMMAND_LENGTH}`);
  if (command.includes('\0')) throw refuse('it holds a zero byte');
  if (command.trim() === '') throw refuse('it is empty');
  try {
    const check = new Check(createCommandRules(policy), createFolderRules(policy));
    if (runBounded(MAX_CHECK_MS, () => check.script(command, 'bash', 0), 'late') === 'late')
      throw refuse(`it cannot be looked at within ${MAX_CHECK_MS} ms`);
  } catch (error) {
    // The parser and the checks go down with what is nested.
    if (error instanceof RangeError) throw refuse('it is nested too deeply');
    throw error;
  }
}

class Check {
  readonly #rules: CommandRules;
  readonly #folders: FolderRules;

  constructor(rules: CommandRules, folders: FolderRules) {
    this.#rules = rules;
    this.#folders = folders;
  }

  script(text: string, shell: string, depth: number): void {
    if (depth > MAX_DEPTH) throw refuse('shells are nested too deeply');
    const script = parse(text);
    this.#checkSyntax(script);
    if (callsItself(script)) throw refuse('a function that calls itself (a fork bomb does)');
    const visit = (node: SyntaxNode): void => {
      this.#node(node, shell, depth);
      forEachChild(node, visit);
    };
    visit(script);
    // After the commands: a reader is helped more by the name of a denied one.
    checkArithmetic(script);
  }

  /** Of nested scripts, too: each has its own errors. */
  #checkSyntax(script: ParsedScript): void {
    const [error] = script.errors ?? [];
    if (error !== undefined) throw refuse(`it cannot be parsed: ${error.message} at character ${error.pos + 1}`);
  }

  #node(node: SyntaxNode, shell: string, depth: number): void {
    switch (node.type) {
      case 'Script':
        this.#checkSyntax(node);
        break;
      case 'Command':
        this.#command(node, depth);
        break;
      case 'Word':
        if (hidesSubstitution(node)) throw refuse(`a substitution within a word: ${node.text.slice(0, 80)}`);
        break;
      case 'Redirect':
      case 'HereString':
        this.#redirection(node);
        break;
      case 'HereDoc':
        // Shells differ in where a delimiter with more than a word in it ends.
        if (!/^(\w+|'\w+'|"\w+"|\\\w+)$/.test(node.delimiter?.text ?? ''))
          throw refuse(`the end of a here-document cannot be told: ${node.delimiter?.text.slice(0, 80) ?? 'none'}`);
        break;
      case 'Assignment':
        checkVariable(node.name);
        for (const word of node.value.type === 'ArrayValue' ? node.value.elements : [node.value]) this.#value(node.name, word);
        break;
      case 'For':
      case 'Select':
        checkVariable(node.name.value);
        for (const word of node.wordlist ?? []) this.#value(node.name.value, word);
        break;
      case 'CommandExpansion':
      case 'ProcessSubstitution':
      case 'ArithmeticCommandExpansion':
        if (node.script === undefined) throw refuse(`a substitution cannot be parsed: ${node.text.slice(0, 80)}`);
        break;
      case 'ParameterExpansion':
        if (node.prefix === '!' && node.operation?.type !== 'Names' && node.index?.text !== '@' && node.index?.text !== '*')
          throw refuse(`what ${node.text} means cannot be told`);
        if (node.operation?.type === 'Transform' && !/^[QUuLAaEKk]$/.test(node.operation.operand.text))
          throw refuse(`${node.text} may run what it holds`);
        if (node.operation?.type === 'Default' && node.operation.operator.includes('=')) checkVariable(node.parameter);
        if (node.operation?.type === 'Unknown') throw refuse(`${node.text} cannot be parsed`);
        break;
      case 'Coproc':
        throw refuse("'coproc' leaves a process behind");
      case 'Function':
        this.#rules.checkFunction(node.name.value);
        break;
    }
    if (shell !== 'bash' && isOfBash(node)) throw refuse(`'${shell}' may read this otherwise than bash does; use bash`);
  }

  #command(command: Command, depth: number): void {
    if (command.name === undefined) return;
    this.words([readWord(command.name), ...command.args.map(readArgument)], depth);
  }

  /** A command with its arguments, however it came to run. */
  words(words: readonly KnownWord[], depth: number): void {
    if (depth > MAX_DEPTH) throw refuse('commands are nested too deeply');
    const [first, ...args] = words as readonly [KnownWord, ...KnownWord[]];
    const names = this.#rules.checkName(first);
    if (args.some(({ text }) => text === '--no-preserve-root')) throw refuse("'--no-preserve-root' is never allowed");
    for (const name of names) this.#named(name, first, args, depth);
  }

  #named(name: string, first: KnownWord, args: readonly KnownWord[], depth: number): void {
    if (OPAQUE_BUILTINS.includes(name) && first.text === name) throw refuse(`'${name}' runs or changes what cannot be looked at here`);
    if (SHELLS.includes(name)) this.#shell(name, args, depth);
    else if (name === 'eval') this.#text(name, args[0]?.text === '--' ? args.slice(1) : args, depth);
    else if (name === 'trap') this.#trap(args, depth);
    else if (name === 'cd' || name === 'pushd') this.#folders.checkChange(name, args);
    else {
      const inner = unwrapCommand(name, args) ?? [];
      for (const words of inner) this.words(words, depth + 1);
      checkPrograms(name, args, this.#rules.isListed(name));
      const others = new Set(inner.flat());
      checkPaths(
        name,
        args.filter((word) => !others.has(word)),
        this.#folders,
      );
    }
  }

  /** `sh -c text` runs text that is looked at; a script's file, or what stands on its input, is not. The text comes behind all options. */
  #shell(name: string, args: readonly KnownWord[], depth: number): void {
    if (/^--(version|help)$/.test(args[0]?.text ?? '')) return;
    let hasText = false;
    let index = 0;
    for (; index < args.length; index++) {
      const { text, source } = args[index] as KnownWord;
      if (text === undefined) throw refuse(`what '${name}' runs cannot be told: ${source}`);
      if (/^--(norc|noprofile|posix|login)$/.test(text)) continue;
      if (text === '-' || text === '--') {
        index += 1;
        break;
      }
      if (!/^[-+]/.test(text)) break;
      if (!/^(-[aefhluvxoc]*|\+[aefhluvxo]*)$/.test(text))
        throw refuse(`the option ${text} of '${name}' is not one that is understood here`);
      // The name of an option, such as pipefail, is the next word.
      index += text.split('o').length - 1;
      hasText ||= text.includes('c');
    }
    if (!hasText)
      throw refuse(
        `'${name}' runs a script or its input, which cannot be looked at here; run the commands themselves, or '${name} -c' with their text`,
      );
    const script = args[index];
    if (script?.text === undefined) throw refuse(`what '${name} -c' runs cannot be told: ${script?.source ?? 'nothing'}`);
    this.script(script.text, name, depth + 1);
  }

  #text(name: string, args: readonly KnownWord[], depth: number): void {
    const unknown = args.find(({ text }) => text === undefined);
    if (unknown !== undefined) throw refuse(`what '${name}' runs cannot be told: ${unknown.source}`);
    this.script(args.map(({ text }) => text).join(' '), 'bash', depth + 1);
  }

  #trap(args: readonly KnownWord[], depth: number): void {
    const [action, ...signals] = args.filter(({ text }) => text !== '--');
    if (action === undefined || (action.text !== undefined && /^-[lp]*$/.test(action.text)) || signals.length === 0) return;
    if (action.text !== '') this.#text('trap', [action], depth);
  }

  /** A path that a variable is given here is read or written by it later. */
  #value(name: string, word: Word): void {
    checkPathWord(`what '${name}' is set to`, readWord(word), this.#folders);
  }

  #redirection(redirection: Redirection): void {
    if (redirection.type !== 'Redirect' || redirection.target === undefined) return;
    const target = readWord(redirection.target);
    const { operator } = redirection;
    // Copies and closes of descriptors.
    if ((operator === '<&' || operator === '>&') && /^(\d+-?|-)$/.test(target.text ?? '')) return;
    // Bash expands such a word twice: what quotes hold back the first time runs the second time.
    if ((operator === '<&' || operator === '>&') && !/^[\w./-]+$/.test(target.text ?? ''))
      throw refuse(`what '${operator}' leads to cannot be told: ${target.source.slice(0, 80)}`);
    this.#folders.checkRedirection(target, operator);
  }
}

const BASH_ONLY: readonly string[] = [
  ...['ArithmeticCommand', 'ArithmeticFor', 'TestCommand', 'Select', 'ProcessSubstitution', 'AnsiCQuoted', 'LocaleString'],
  ...['HereString', 'ExtendedGlob', 'ArrayValue'],
];

/** What another shell reads otherwise: in dash, a part of it may be a command of its own. */
function isOfBash(node: SyntaxNode): boolean {
  // `&` and `>` there: what follows is a command.
  if (node.type === 'Redirect' || node.type === 'HereString' || node.type === 'HereDoc') {
    const { descriptor, operator } = node;
    // A number of two digits is an argument there, and so is a name in braces.
    const isOthers = descriptor?.type === 'FileDescriptorVariable' || (descriptor?.value ?? 0) > 9;
    return isOthers || operator.startsWith('&>') || operator === '<<<';
  }
  if (node.type === 'ArithmeticExpansion') return node.text.startsWith('$[');
  if (node.type === 'ParameterExpansion')
    return node.prefix === '!' || ['Replace', 'Slice', 'CaseModification', 'Transform', 'Names'].includes(node.operation?.type ?? '');
  return BASH_ONLY.includes(node.type);
}

/** `a<(…)`: bash runs what stands in it, and the parser takes it for letters. */
function hidesSubstitution({ text, parts }: Word): boolean {
  const bare = parts === undefined ? [text] : parts.filter(({ type }) => type === 'Literal').map((part) => part.text);
  return bare.some((letters) => /[<>]\(/.test(letters));
}

/** A function that reaches itself by calls. */
function callsItself(script: SyntaxNode): boolean {
  const calls = new Map<string, Set<string>>();
  const collect = (node: SyntaxNode, owner: string | undefined): void => {
    const inside = node.type === 'Function' ? readFunctionName(node) : owner;
    if (node.type === 'Command' && owner !== undefined && node.name !== undefined) {
      const called = [node.name.value, ...node.args.map((argument) => readArgument(argument).text ?? '')];
      for (const name of called) calls.set(owner, (calls.get(owner) ?? new Set()).add(name));
    }
    forEachChild(node, (child) => collect(child, inside));
  };
  collect(script, undefined);
  const reaches = (from: string, wanted: string, seen: Set<string>): boolean =>
    [...(calls.get(from) ?? [])].some(
      (name) => name === wanted || (calls.has(name) && !seen.has(name) && reaches(name, wanted, seen.add(name))),
    );
  return [...calls.keys()].some((name) => reaches(name, name, new Set()));
}

function readFunctionName(node: FunctionNode): string {
  return node.name.value;
}
