/** Where commands write. */
export interface Terminal {
  /** Results: standard output. */
  write(text: string): void;
  /** Everything else: standard error output. */
  writeError(text: string): void;
  /** Somebody watches the standard output. */
  readonly isInteractive: boolean;
  /** Somebody watches the standard error output, so lines may be drawn over. */
  readonly canRedraw: boolean;
  readonly columns: number;
}

export function processTerminal(): Terminal {
  // A reader that went away (`hector schema | head`) is no failure of ours.
  const leaveQuietly = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.stdout.on('error', leaveQuietly);
  process.stderr.on('error', leaveQuietly);
  return {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    isInteractive: process.stdout.isTTY === true,
    canRedraw: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
  };
}
