import type { JsonObject } from '../../base/json.js';
import { addSpent, getSpent, readSpent, type Spent, writeSpent } from '../spent.js';
import { NO_USAGE, type RunUsage, readKeptUsage } from '../usage.js';

/** What an LLM agent keeps between the steps of a run: small, and nothing that the log already holds (R8). */
export interface LlmControl {
  /** Model calls so far in this run; as a member of another agent's, in this turn. So are tokens and time. */
  readonly iteration: number;
  /** An earlier step of this run wrote to the response artifact. */
  readonly wroteOutput: boolean;
  /** Tokens of the run so far, and what they cost. */
  readonly usage: RunUsage;
  /** Id of the agent's message whose tool calls are not all answered; `undefined`: the model is next. */
  readonly callMessageId: string | undefined;
  /** Attempts of `once` calls whose outcome somebody is asked for, by call id. */
  readonly attempts: Attempts;
  /** Keys of the runs that answer calls of agent tools, by call id; of the answer at hand. Default: none. */
  readonly delegated?: Readonly<Record<string, string>>;
  /** The user's message that was passed on to runs below this one. */
  readonly heard?: string;
  /** Time that steps of the run took, where there is a limit for it, milliseconds. */
  readonly workedMs?: number;
  /** Old messages could not be summed up: it is not tried again in this run. */
  readonly summaryFailed?: true;
  /** What agents used up in earlier turns of this run. Default: nothing. */
  readonly spent?: JsonObject;
}

export type Attempts = Readonly<Record<string, Attempt>>;

export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export function readControl(control: JsonObject): LlmControl {
  const { phase, callMessageId, delegated, heard, workedMs, summaryFailed } = control;
  return {
    iteration: typeof control['iteration'] === 'number' ? control['iteration'] : 0,
    wroteOutput: control['wroteOutput'] === true,
    usage: readKeptUsage(control) ?? NO_USAGE,
    callMessageId: phase === 'tools' && typeof callMessageId === 'string' ? callMessageId : undefined,
    attempts: (control['attempts'] ?? {}) as unknown as Attempts,
    ...(delegated === undefined ? {} : { delegated: delegated as Readonly<Record<string, string>> }),
    ...(typeof heard === 'string' ? { heard } : {}),
    ...(typeof workedMs === 'number' ? { workedMs } : {}),
    ...(summaryFailed === true ? { summaryFailed } : {}),
    ...writeSpent(readSpent(control)),
  };
}

export function writeControl(control: LlmControl): JsonObject {
  const { iteration, wroteOutput, usage, callMessageId, attempts, delegated = {}, heard, workedMs, summaryFailed, spent = {} } = control;
  return {
    iteration,
    wroteOutput,
    usage: { ...usage },
    ...(callMessageId === undefined ? {} : { phase: 'tools', callMessageId }),
    ...(Object.keys(attempts).length === 0 ? {} : { attempts: attempts as unknown as JsonObject }),
    ...(callMessageId === undefined || Object.keys(delegated).length === 0 ? {} : { delegated }),
    ...(callMessageId === undefined || heard === undefined ? {} : { heard }),
    ...(workedMs === undefined ? {} : { workedMs }),
    ...(summaryFailed === undefined ? {} : { summaryFailed }),
    ...writeSpent(spent),
  };
}

/** In all its turns of this run, the one under way included. */
export function sumSpent({ iteration, usage, workedMs = 0, spent = {} }: LlmControl, agent: string): Spent {
  return addSpent(getSpent(spent, agent), { calls: iteration, usage, workedMs });
}
