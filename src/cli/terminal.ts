import { showUnseen } from '../base/unseen.js';

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
  /** From now on whoever reads may go away, and nothing ends: a server has others to serve. Default: the command has no reader, and ends. */
  outliveReader?(): void;
}

/** What models, tools and documents say moves no cursor and hides no line of a terminal; a file or another program gets it as it is. */
export function processTerminal({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process): Terminal {
  let isOutliving = false;
  // A reader that went away (`hector schema | head`) is no failure of ours.
  const leaveQuietly = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!isOutliving) process.exit(0);
  };
  stdout.on('error', leaveQuietly);
  stderr.on('error', leaveQuietly);
  return {
    write: (text) => void stdout.write(stdout.isTTY === true ? showUnseen(text) : text),
    writeError: (text) => void stderr.write(text),
    isInteractive: stdout.isTTY === true,
    canRedraw: stderr.isTTY === true,
    columns: stderr.columns ?? 80,
    outliveReader() {
      isOutliving = true;
    },
  };
}
