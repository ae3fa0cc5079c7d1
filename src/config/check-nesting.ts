import { CST, Lexer } from 'yaml';
import { AppError } from '../base/errors.js';

/** No configuration needs more; the parser descends once per level and would end the whole process at some thousands. */
const MAX_DEPTH = 200;

/**
 * Refuses text that nests too deeply, before it is parsed. The depth is estimated from the tokens, from above:
 * open brackets, `-` and `?` in a row on one line, and the columns a line is indented.
 */
export function checkNesting(text: string, file: string): void {
  let line = 1;
  let brackets = 0;
  let indicators = 0;
  let indent = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === 'newline') {
      line += 1;
      indicators = 0;
      indent = 0;
    } else if (type === 'flow-map-start' || type === 'flow-seq-start') brackets += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') brackets -= 1;
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') indicators += 1;
    else if (type === 'space' && isLineStart) indent = token.length;
    else if (type === null) line += token.split('\n').length - 1;
    isLineStart = type === 'newline';
    if (brackets + indicators + indent > MAX_DEPTH)
      throw new AppError('CONFIG_SYNTAX', { message: `${file} nests deeper than ${MAX_DEPTH} levels at line ${line}` });
  }
}
