import { createContext, Script } from 'node:vm';
import { type Attack, textOf, writeAttacks } from './write-attacks.js';

/**
 * The text that takes an expression more than proportionally longer when it grows, or `undefined`. Compared are times of the same expression on
 * texts of two lengths, so the machine's speed has no say.
 */
export function findSlowText(expression: RegExp): Attack | undefined {
  const attacks = writeAttacks(expression);
  if (attacks.length === 0) return undefined;
  const suspects = screen(expression, attacks);
  if (suspects === 'never ends') return attacks[0];
  return suspects.find((attack) => {
    // Again and again, as the machine may have had something else to do just then.
    for (let round = 0; round < 3; round++) {
      const short = measure(expression, textOf(attack, SCREENED));
      const long = measure(expression, textOf(attack, SCREENED * 4));
      // Linear: 4; quadratic: 16.
      if (short !== undefined && long !== undefined && long / short < 8) return false;
      if (long === undefined || long > PLAINLY_SLOW_MS) return true;
    }
    return true;
  });
}

/** Of the worst text of that length, milliseconds; `undefined`: longer than anybody waits. */
export function measureWorst(expression: RegExp, characters: number): number | undefined {
  const texts = writeAttacks(expression).map((attack) => textOf(attack, characters));
  const taken = run(expression, texts, PATIENCE_MS) ?? run(expression, texts, 3 * PATIENCE_MS);
  const worst = Math.max(0, ...(taken ?? [0]));
  return taken === undefined ? undefined : worst < 10 ? worst : measure(expression, texts[taken.indexOf(worst)] as string);
}

/** Milliseconds, the best of some; `undefined`: longer than anybody waits. */
function measure(expression: RegExp, text: string): number | undefined {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3; tries++) {
    const taken = run(expression, [text], 3 * PATIENCE_MS);
    if (taken === undefined) return undefined;
    best = Math.min(best, taken[0] as number);
    if (best > PLAINLY_SLOW_MS) break;
  }
  return best;
}

function screen(expression: RegExp, attacks: readonly Attack[]): readonly Attack[] | 'never ends' {
  const texts = attacks.map((attack) => textOf(attack, SCREENED));
  // Once more, as the machine may have had something else to do.
  const taken = run(expression, texts, PATIENCE_MS) ?? run(expression, texts, 3 * PATIENCE_MS);
  if (taken === undefined) return 'never ends';
  return attacks
    .map((attack, index) => ({ attack, ms: taken[index] ?? 0 }))
    .filter(({ ms }) => ms > SUSPECT_MS)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 3)
    .map(({ attack }) => attack);
}

/** In a context of its own, which can be stopped in the middle of a match. */
function run(expression: RegExp, texts: readonly string[], patienceMs: number): readonly number[] | undefined {
  context['expression'] = new RegExp(expression.source, expression.flags);
  context['texts'] = texts;
  try {
    return script.runInContext(context, { timeout: patienceMs }) as readonly number[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

const context = createContext({ performance });
/** Stops behind the first that is plainly slow. */
const script = new Script(`{
  const taken = [];
  for (const text of texts) {
    expression.lastIndex = 0;
    const start = performance.now();
    if (expression.global) text.replace(expression, '');
    else expression.test(text);
    taken.push(performance.now() - start);
    if (taken.at(-1) > 15) break;
  }
  taken;
}`);
const SCREENED = 3_000;
const PLAINLY_SLOW_MS = 250;
const SUSPECT_MS = 1.5;
const PATIENCE_MS = 600;
