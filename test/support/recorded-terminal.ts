import type { Terminal } from '../../src/cli/terminal.js';

export interface RecordedTerminal extends Terminal {
  readonly output: () => string;
  readonly errors: () => string;
}

/** A terminal that keeps what is written to it. */
export function recordedTerminal(options: { readonly isWatched?: boolean; readonly columns?: number } = {}): RecordedTerminal {
  let output = '';
  let errors = '';
  return {
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    isInteractive: options.isWatched ?? false,
    canRedraw: options.isWatched ?? false,
    columns: options.columns ?? 80,
    output: () => output,
    errors: () => errors,
  };
}
