/** What the agent of `scripted-agent-program.ts` does in a run, from a seed. It travels in the run's first message. */
import type { Random } from './random.js';

export type ScriptStep =
  | { readonly type: 'text'; readonly artifactId: string; readonly length: number }
  | {
      readonly type: 'artifact';
      readonly artifactId: string;
      readonly length: number;
      readonly values: number;
      readonly append: boolean;
      readonly lastChunk: boolean;
    }
  | { readonly type: 'status' | 'input-required' | 'auth-required' | 'completed' | 'failed' | 'rejected'; readonly length: number }
  /** Milliseconds in which nothing comes, so that clients and commits meet in other orders. */
  | { readonly type: 'pause'; readonly ms: number };

/** What the user does: an answer for each wait of the script, and maybe a cancel. */
export interface RunScript {
  readonly steps: readonly ScriptStep[];
  /** Frames of the undisturbed client after which the run is canceled; `undefined` = never. */
  readonly cancelAfter: number | undefined;
}

const ARTIFACTS = ['response', 'notes', 'table', 'appendix'];

export function createScript(random: Random): RunScript {
  const artifacts = ARTIFACTS.slice(0, 1 + random.below(ARTIFACTS.length));
  const length = () => (random.chance(0.1) ? 500 + random.below(8_000) : random.below(60));
  const pause = (): ScriptStep => ({ type: 'pause', ms: random.below(random.chance(0.2) ? 200 : 60) });
  const steps = Array.from({ length: 3 + random.below(9) }, (): readonly ScriptStep[] => {
    const kind = random.next();
    const artifactId = random.pick(artifacts);
    if (kind < 0.6) {
      // Slowly enough that clients leave and come back before it is committed.
      return Array.from({ length: 1 + random.below(8) }, (): readonly ScriptStep[] => {
        const text = { type: 'text', artifactId: random.chance(0.7) ? artifactId : random.pick(artifacts), length: 1 + length() } as const;
        return random.chance(0.7) ? [text, pause()] : [text];
      }).flat();
    }
    if (kind < 0.86) {
      const values = random.below(3);
      return [{ type: 'artifact', artifactId, length: length(), values, append: random.chance(0.6), lastChunk: random.chance(0.3) }];
    }
    if (kind < 0.94) return [{ type: 'status', length: length() }];
    return [{ type: random.chance(0.6) ? 'input-required' : 'auth-required', length: length() }];
  }).flat();
  const end = random.pick(['nothing', 'nothing', 'completed', 'failed', 'rejected'] as const);
  return {
    steps: end === 'nothing' ? steps : [...steps, { type: end, length: length() }],
    cancelAfter: random.chance(0.2) ? 1 + random.below(steps.length) : undefined,
  };
}

/** Words that name the place in the script and the attempt: texts of two attempts differ, so that a mixture of both is found. */
export function scriptedText(at: number, attempt: string, length: number): string {
  const head = `[${at} ${attempt}]`;
  const filler = SAMPLE.repeat(Math.ceil(length / SAMPLE.length)).slice(0, length);
  // Not between the halves of a pair: half of one is no text.
  return head + (/[\ud800-\udbff]$/.test(filler) ? filler.slice(0, -1) : filler);
}

const SAMPLE = ' a\nline\r\n\u2028of "text" \\ with é, 漢字, \u{1f600} and data: \n\nid: 7\n\n';
