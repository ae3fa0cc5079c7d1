/**
 * Arithmetic of bash runs commands: a variable that holds `a[$(…)]` is evaluated, and what stands in the brackets with it. So a name may
 * stand in arithmetic only when everything that is ever assigned to it is a number.
 */
import { type Assignment, type Command, forEachChild, type SyntaxNode, type Word } from 'unbash';
import { readArgument, readWord } from './read-word.js';
import { refuse } from './refusal.js';

const NUMBER = /^-?\d{1,18}$/;
/** Parameters that are numbers whatever happens. */
const NUMBERS_OF_THE_SHELL = [
  '#',
  '?',
  'RANDOM',
  'SECONDS',
  'LINENO',
  'UID',
  'EUID',
  'PPID',
  'BASHPID',
  'EPOCHSECONDS',
  'COLUMNS',
  'LINES',
];
const ASSIGNING = [
  'read',
  'mapfile',
  'readarray',
  'getopts',
  'printf',
  'declare',
  'typeset',
  'local',
  'export',
  'readonly',
  'unset',
  'wait',
];

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkArithmetic(root: SyntaxNode): void {
  const others = new Set<string>();
  const walk = (node: SyntaxNode): void => {
    collectAssigned(node, others);
    forEachChild(node, walk);
  };
  walk(root);
  const check = (node: SyntaxNode): void => {
    checkNode(node, others);
    forEachChild(node, check);
  };
  check(root);
}

/** Names that hold something else than a number, or may. */
function collectAssigned(node: SyntaxNode, others: Set<string>): void {
  if (node.type === 'Assignment' && !isNumber(node)) others.add(node.name);
  if (node.type === 'For' || node.type === 'Select') {
    const isCounted = node.wordlist?.every(
      (word) => NUMBER.test(readWord(word).text ?? '') || /^\{-?\d+\.\.-?\d+(\.\.-?\d+)?\}$/.test(word.text),
    );
    if (isCounted !== true) others.add(node.name.value);
  }
  if (node.type === 'ParameterExpansion' && node.operation?.type === 'Default' && /=/.test(node.operation.operator))
    others.add(node.parameter);
  if (node.type === 'FileDescriptorVariable') others.add(node.name);
  if (node.type === 'Command') collectFromBuiltin(node, others);
}

function collectFromBuiltin(command: Command, others: Set<string>): void {
  const name = command.name === undefined ? undefined : readWord(command.name).text;
  const at = ['command', 'builtin'].includes(name ?? '') ? readArgument(command.args[0] ?? (command.name as Word)).text : name;
  if (!ASSIGNING.includes(at ?? '')) return;
  for (const argument of command.args) {
    if (argument.type === 'Assignment') continue;
    const { text } = readWord(argument);
    const assigned = /^([A-Za-z_]\w*)\+?(=.*)?$/.exec(text ?? '');
    if (assigned !== null && !(assigned[2] !== undefined && NUMBER.test(assigned[2].slice(1)))) others.add(assigned[1] as string);
  }
}

function isNumber({ value, index }: Assignment): boolean {
  if (index !== undefined || value.type !== 'Word') return false;
  const { text } = readWord(value);
  if (text !== undefined) return NUMBER.test(text) || text === '';
  return (
    value.parts?.every(
      (part) => part.type === 'ArithmeticExpansion' || (part.type === 'SimpleExpansion' && part.text === '$#') || isLength(part),
    ) ?? false
  );
}

function isLength(part: { readonly type: string; readonly text: string }): boolean {
  return part.type === 'ParameterExpansion' && /^\$\{#\w+\}$/.test(part.text);
}

function checkNode(node: SyntaxNode, others: ReadonlySet<string>): void {
  switch (node.type) {
    case 'ArithmeticWord':
      checkText(node.value, others);
      break;
    case 'ArithmeticCommandExpansion':
      throw refuse(`arithmetic with the output of a command cannot be decided: ${node.text.slice(0, 80)}`);
    case 'ArithmeticExpansion':
    case 'ArithmeticCommand':
      if (node.expression === undefined && !/^\$?[([]+\s*[)\]]+$/.test('text' in node ? node.text : `((${node.body}))`))
        throw refuse('an arithmetic expression cannot be read');
      break;
    case 'ParameterExpansion':
      if (node.index !== undefined && !['@', '*'].includes(node.index.text)) checkText(node.index.text, others);
      if (node.operation?.type === 'Slice') {
        checkText(node.operation.offset.text, others);
        if (node.operation.length !== undefined) checkText(node.operation.length.text, others);
      }
      break;
    case 'Assignment':
      if (node.index !== undefined && !/^\w+$/.test(node.index.text)) throw refuse(`a subscript that is not a plain word: ${node.text}`);
      if (node.index !== undefined) checkText(node.index.text, others);
      break;
    case 'TestBinary':
      if (/^-(eq|ne|lt|le|gt|ge)$/.test(node.operator)) for (const side of [node.left, node.right]) checkText(side.text, others);
      break;
    case 'TestUnary':
      if (node.operator === '-v' && !/^\w+$/.test(node.operand.text))
        throw refuse(`'-v' of something else than a plain name: ${node.operand.text}`);
      break;
  }
}

/** Numbers, operators, and names that are numbers; a substitution in it is looked at as a command, and its result may be anything. */
function checkText(source: string, others: ReadonlySet<string>): void {
  const text = source.replaceAll('"', '');
  const isPlain = /^[\s\w$#?{}+\-*/%<>=!&|^~(),:.]*$/.test(text);
  if (!isPlain) throw refuse(`arithmetic with more than numbers and names cannot be decided: ${source.slice(0, 80)}`);
  for (const [, name = ''] of text.matchAll(/\$?\{?#?([A-Za-z_]\w*|\$?[\d@*]+|[#?])\}?/g)) {
    if (NUMBERS_OF_THE_SHELL.includes(name) || /^0[xX][\da-fA-F]+$/.test(name)) continue;
    if (/^[A-Za-z_]/.test(name) && others.has(name) && !text.includes(`\${#${name}`))
      throw refuse(`arithmetic with '${name}' cannot be decided: it may hold something else than a number`);
  }
  if (/\$\{?[\d@*]/.test(text)) throw refuse(`arithmetic with positional parameters cannot be decided: ${source.slice(0, 80)}`);
  if (hasOperator(text)) throw refuse(`arithmetic with more than numbers and names cannot be decided: ${source.slice(0, 80)}`);
}

/** `${` with more than a name up to the next `}`. */
function hasOperator(text: string): boolean {
  for (let start = text.indexOf('${'); start !== -1; ) {
    const end = text.indexOf('}', start);
    if (end === -1) return false;
    if (/[^\w#]/.test(text.slice(start + 2, end))) return true;
    start = text.indexOf('${', end);
  }
  return false;
}
