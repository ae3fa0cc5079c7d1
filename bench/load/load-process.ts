/** The load generator: a process of its own, so that it shares no event loop with what it measures. Argument: `LoadOptions`. Prints `LoadFigures`. */
import { loadHere } from './load-here.js';
import type { LoadOptions } from './load-options.js';

const figures = await loadHere(JSON.parse(process.argv[2] ?? '') as LoadOptions);
process.stdout.write(`${JSON.stringify(figures)}\n`);
