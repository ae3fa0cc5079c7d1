export interface JsonError {
  /** Position in the text. */
  readonly offset: number;
  readonly description: string;
}

/** The first place where the text stops being JSON; `JSON.parse` itself often does not name it. */
export function findJsonError(text: string): JsonError | undefined {
  let offset = 0;
  const take = (pattern: RegExp): string | undefined => {
    SPACE.lastIndex = offset;
    offset += SPACE.exec(text)?.[0].length ?? 0;
    pattern.lastIndex = offset;
    const token = pattern.exec(text)?.[0];
    offset += token?.length ?? 0;
    return token;
  };
  const fail = (wanted: string): never => {
    throw new Stop(wanted);
  };
  const readValue = (): void => {
    if (take(SCALAR) !== undefined) return;
    const open = take(OPEN) ?? fail('a value');
    const close = open === '{' ? CLOSE_MAPPING : CLOSE_LIST;
    if (take(close) !== undefined) return;
    do {
      if (open === '{') {
        take(STRING) ?? fail('a key in double quotes');
        take(COLON) ?? fail(':');
      }
      readValue();
    } while (take(COMMA) !== undefined);
    take(close) ?? fail(open === '{' ? ', or }' : ', or ]');
  };
  try {
    readValue();
    take(END) ?? fail('the end of the file');
    return undefined;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { offset, description: `${describeSeen(text, offset)}; wanted ${error.wanted}${cureFor(text, offset)}` };
  }
}

class Stop extends Error {
  readonly wanted: string;

  constructor(wanted: string) {
    super(`wanted ${wanted}`);
    this.wanted = wanted;
  }
}

function describeSeen(text: string, offset: number): string {
  const sign = text.slice(offset, offset + 1);
  return sign === '' ? 'the file ends here' : `${JSON.stringify(sign)} stands here`;
}

function cureFor(text: string, offset: number): string {
  if (/[\]}]/.test(text.charAt(offset)) && text.slice(0, offset).trimEnd().endsWith(','))
    return '; remove the comma before it, which only YAML allows';
  return /[#/]/.test(text.charAt(offset)) ? '; only a .yaml file may hold comments' : '';
}

const SPACE = /[ \t\n\r]*/y;
const STRING_SOURCE = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"';
const STRING = new RegExp(STRING_SOURCE, 'y');
const SCALAR = new RegExp(`${STRING_SOURCE}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null`, 'y');
const OPEN = /[{[]/y;
const CLOSE_MAPPING = /\}/y;
const CLOSE_LIST = /\]/y;
const COLON = /:/y;
const COMMA = /,/y;
const END = /$/y;
