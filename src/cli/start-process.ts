/** Runs one command line as this process, with stack traces that name the lines of the sources. */
export async function startProcess(argv: readonly string[]): Promise<never> {
  // Only code that is loaded from here on has its map read.
  process.setSourceMapsEnabled(true);
  const { runProcess } = await import('./run-process.js');
  return await runProcess(argv);
}
