#!/usr/bin/env node
/** The executable: hands its arguments to the command line. */
import { runProcess } from './cli/run-process.js';

await runProcess(process.argv.slice(2));
