/** The program of awk can run commands and write files (TOOL-30). */
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkAwk(name: string, args: readonly KnownWord[]): void {
  for (let index = 0; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    if (text === undefined) throw refuse(`what '${name}' runs cannot be told: ${source.slice(0, 80)}`);
    if (/^-[Fv]$/.test(text)) index += 1;
    else if (/^--?(version|help)$/.test(text)) return;
    else if (text.startsWith('-') && text !== '--') {
      if (!/^-[Fv]./.test(text)) throw refuse(`'${name} ${text.slice(0, 80)}' is not one that is understood here`);
    } else {
      const program = text === '--' ? args[index + 1]?.text : text;
      if (program === undefined || isActing(program))
        throw refuse(`the program of '${name}' may run commands or write files; use grep -E, cut or sort instead`);
      return;
    }
  }
}

function isActing(program: string): boolean {
  if (/system|getline|close|ARGV|@/.test(program)) return true;
  // Where an expression or a comment may be, a quote need not begin a string; then nothing is taken for one.
  const hasOnlyStrings = !/[/#]/.test(program);
  const bare = (hasOnlyStrings ? withoutStrings(program) : program).replaceAll('||', '');
  if (bare.includes('|')) return true;
  // What is printed goes on behind a comma, an operator or a backslash at the end of a line.
  const statements = hasOnlyStrings ? bare.replaceAll(/[,\\&?:][ \t]*\n/g, ' ').split(/[;}\n]/) : [bare];
  return statements.some((statement) => statement.includes('print') && statement.lastIndexOf('>') > statement.indexOf('print'));
}

function withoutStrings(program: string): string {
  let bare = '';
  let isString = false;
  for (let at = 0; at < program.length; at++) {
    const letter = program[at] as string;
    if (letter === '"') isString = !isString;
    else if (letter === '\\' && isString) at += 1;
    else if (!isString) bare += letter;
  }
  return bare;
}
