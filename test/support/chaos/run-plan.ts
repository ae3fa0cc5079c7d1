/** What a run of the chaos tests does, told to the planned model by the text of its first message. */

/** `p` looks something up (pure), `i` puts a record under its key (idempotent), `o` sends a letter (once). */
export type PlannedCall = 'p' | 'i' | 'o';

/** A call that a run makes, once. */
export interface PlannedEffect {
  readonly id: string;
  readonly kind: PlannedCall;
}

export interface RunPlan {
  /** Unique name of the run; part of its call ids. */
  readonly run: string;
  /** One entry per step that calls tools, each the calls of that step; one more step answers. */
  readonly steps: readonly string[];
  /** Pieces of text that each step says, and the time before each, milliseconds. */
  readonly pieces: number;
  readonly pieceMs: number;
  /** How long the other side takes to answer a call after it has counted it, milliseconds. */
  readonly effectMs: number;
}

export const TOOL_NAMES: Readonly<Record<PlannedCall, string>> = { p: 'look_up', i: 'put_record', o: 'send_letter' };

export function callId(run: string, step: number, kind: PlannedCall, index: number): string {
  return `${run}-${step}-${kind}${index}`;
}

/** The id as the model chose it: calls of a run below another one have its mark behind them. */
export function plannedId(callId: string): string {
  return callId.replace(/-[0-9a-f]{8}$/, '');
}

/** Every call that a run makes, in order. */
export function plannedCalls(plan: RunPlan): readonly (PlannedEffect & { readonly step: number })[] {
  return plan.steps.flatMap((kinds, step) =>
    [...kinds].map((kind, index) => ({ id: callId(plan.run, step, kind as PlannedCall, index), kind: kind as PlannedCall, step })),
  );
}

/** Stands at the beginning of each step's text. */
export function stepMark(run: string, step: number): string {
  return `[${run}/${step}]`;
}

export function planText(plan: RunPlan): string {
  return JSON.stringify(plan);
}

export function readPlan(text: string): RunPlan | undefined {
  return text.startsWith('{"run":') ? (JSON.parse(text) as RunPlan) : undefined;
}
