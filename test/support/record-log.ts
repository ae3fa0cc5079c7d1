import { pino } from 'pino';
import type { Logger } from '../../src/observe/log.js';

/** A log whose lines a test can read. */
export function recordLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }), lines };
}
