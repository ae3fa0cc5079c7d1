#!/usr/bin/env node
/** The executable: hands its arguments to the command line. */
import { startProcess } from './cli/start-process.js';

await startProcess(process.argv.slice(2));
