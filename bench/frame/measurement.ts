/** What every measurement of the bench says of itself and of what it found. */

/** A line of the table's left side: one question. */
export interface Row {
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly question: string;
  /** How: the load, what is counted, the warm-up, what it does not show. */
  readonly method: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What CPU time is counted per, such as `request`. */
  readonly unitOfWork?: string;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What one target made of one row. */
export interface Line {
  readonly row: string;
  readonly target: string;
  /** The row's figure in every repeat, in order. */
  readonly repeats: readonly number[];
  /** The target of the same row that this one is compared with, as a ratio. */
  readonly comparedWith?: string | undefined;
  /** Of the median repeat. */
  readonly latency?: Percentiles | undefined;
  /** CPU time of the target's processes, its Redis and database included where they are its own, microseconds per unit of work. */
  readonly cpuUs?: number | undefined;
  /** Of those processes, after the load. */
  readonly residentMiB?: number | undefined;
  /** Further figures, by their names with units. */
  readonly also?: Readonly<Record<string, number | string>> | undefined;
}

export interface Run {
  /** Everything smaller, so that all of it takes two minutes: shows that it works, and ratios roughly. */
  readonly isQuick: boolean;
  readonly repeats: number;
  /** Of load, per repeat. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** A measurement's own options, as `--name value`. */
  readonly options: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
}

export interface Measurement {
  readonly name: string;
  /** How long it may take; 0 = it is left out unless it is named. */
  readonly budgetSeconds: { readonly full: number; readonly quick: number };
  readonly rows: readonly Row[];
  readonly measure: (run: Run) => Promise<readonly Line[]>;
}

/** A whole number of the measurement's own options. */
export function readCount({ options }: Pick<Run, 'options'>, name: string, otherwise: number): number {
  const value = Number(options[name] ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is '${options[name]}'; wanted a whole number`);
  return value;
}
