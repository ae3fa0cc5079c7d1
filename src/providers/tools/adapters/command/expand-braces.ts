/** What bash makes of `a{b,c}d` and `{1..3}`, as far as it is written out. */
import { refuse } from './refusal.js';

const MAX_WORDS = 200;

/** The word itself, when nothing in it is expanded or an expansion of another kind is. @throws AppError `TOOL_COMMAND_REFUSED` */
export function expandBraces(source: string): readonly string[] {
  if (!source.includes('{') || /[$`]/.test(source)) return [source];
  const done: string[] = [];
  const open = [source.replaceAll(/["'\\]/g, '')];
  for (let word = open.pop(); word !== undefined; word = open.pop()) {
    const found = findInner(word);
    if (found === undefined) done.push(word);
    else open.push(...found);
    if (done.length + open.length > MAX_WORDS) throw refuse(`'${source.slice(0, 80)}' stands for more words than can be looked at`);
  }
  return done;
}

/** A pair of braces with none in it; what a sequence has between its ends has no slash and no dot. */
function findInner(word: string): readonly string[] | undefined {
  const found = /\{([^{},]*,[^{}]*|[\w-]+\.\.[\w-]+(?:\.\.-?\d+)?)\}/.exec(word);
  if (found === null) return undefined;
  const [all, inner = ''] = found;
  const parts = inner.includes(',') ? inner.split(',') : inner.split('..').slice(0, 2);
  return parts.map((part) => word.slice(0, found.index) + part + word.slice(found.index + all.length));
}
