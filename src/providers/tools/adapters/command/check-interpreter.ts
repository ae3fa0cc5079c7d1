/** A script in a file is a program like any other; code that is an argument, or comes by standard input, is not looked into. */
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

interface Interpreter {
  readonly names: RegExp;
  /** Options and words that hold code, or lead to it. */
  readonly code: RegExp;
  /** Options that take no word behind them. Any other may, unless it has a `=`: what follows it may be its value, or the script. */
  readonly flags: RegExp;
}

const INTERPRETERS: readonly Interpreter[] = [
  {
    names: /^(python|pypy)[\d.]*$/,
    code: /^-[A-BD-Za-bd-ln-z]*c|^-[A-Za-ln-z]*m(timeit|pdb|code|asyncio)$/,
    flags: /^(-[bBdEiIOPqsSuvVx?]+|-[WX].+)$/,
  },
  { names: /^perl[\d.]*$/, code: /^-[A-Za-z0-9]*[eEmMx]/, flags: /^-([wWtTcnpalsSv\d]+|[IiCDF].+)$/ },
  { names: /^(ruby|irb)[\d.]*$/, code: /^-[a-zA-Z]*[er]|^--require/, flags: /^-([wvWlnpasSUcdy\d]+|[ICEFKTWx].+|-[a-z-]+)$/ },
  {
    names: /^(node|nodejs|ts-node|tsx)[\d.]*$/,
    code: /^(-[cir]*[ep]|--eval|--print|-r|--require|--import|--loader|--experimental[-_]loader|inspect$)/,
    flags:
      /^(-[ci]|--(test|watch|check|throw|expose|jitless|prof|permission|no-[\w-]+|enable-[\w-]+|(expose|preserve|pending|allow|abort|force|frozen|harmony)-[\w-]+|experimental-(strip-types|transform-types|vm-modules|sqlite|test-[\w-]+|detect-module|require-module)|trace-(?!event)[\w-]+|inspect(-brk|-wait)?))$/,
  },
  { names: /^(deno|bun)[\d.]*$/, code: /^(eval|repl|-e|--eval|-p|--print|exec|x)$/, flags: /^-/ },
  { names: /^php[\d.]*$/, code: /^-[a-zA-Z]*[rBREa]|^--(run|process)/, flags: /^-([ClmnqsvwiH]+|[dcfz].+|-[a-z-]+)$/ },
  {
    names: /^((lua|luajit|julia|guile|tclsh|wish|osascript)[\d.]*|r|rscript)$/,
    code: /^-{1,2}(e|E|c|l|eval|print)/,
    flags: /^-(-[a-z-]+|[ivW])$/,
  },
  {
    names:
      /^((groovy|scala|kotlin|elixir|iex|erl|ghc|ghci|runghc|runhaskell|swift|clojure|clj|sbcl|clisp|ecl|racket|raku|jshell|qjs|gjs|d8|janet|ocaml|escript)[\d.]*)$/,
    code: /^-{1,2}(e|E|c|x|r|i|m|eval|expr|execute|load|run|init)\b/,
    flags: /^--[a-z-]+$/,
  },
];

export function isInterpreter(name: string): boolean {
  return INTERPRETERS.some(({ names }) => names.test(name));
}

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkInterpreter(name: string, args: readonly KnownWord[]): void {
  const interpreter = INTERPRETERS.find(({ names }) => names.test(name));
  if (interpreter === undefined) return;
  let mayBeValue = false;
  let needsNoScript = false;
  for (const [index, { text, source, isSingle }] of args.entries()) {
    if (text === undefined && !(isSingle && /^["']?[A-Za-z0-9_./]/.test(source)))
      throw refuse(`what '${name}' runs cannot be told: ${source.slice(0, 80)}`);
    if (text === '-') break;
    // Of clusters, too: what such a module is told is code.
    const code = text === '-m' ? `-m${args[index + 1]?.text ?? ''}` : text;
    if (code !== undefined && interpreter.code.test(code))
      throw refuse(
        `'${name} ${code.slice(0, 80)}' runs code that is not looked into; put it into a file, or list '${name}' in allowed_commands`,
      );
    if (text === '-m' || /^-m\w/.test(text ?? '')) return;
    if (/^(--?version|--?help|-V|-v|-h|--test)$/.test(text ?? '')) needsNoScript = true;
    else if (text?.startsWith('-')) mayBeValue = text !== '--' && !text.includes('=') && !interpreter.flags.test(text);
    else if (!mayBeValue) return;
    else mayBeValue = false;
  }
  if (!needsNoScript)
    throw refuse(
      `'${name}' without a script runs what it reads, which is not looked into; write the value of an option behind '=' or in the same word`,
    );
}
