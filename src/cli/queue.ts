import { isJsonObject, type JsonObject } from '../base/json.js';
import { actOnServer, type ServerAddress } from './act-on-server.js';
import { callApi } from './call-api.js';
import { type Command, isFlagSet } from './command.js';
import { TOKEN_OPTION } from './token.js';

export const queueCommand: Command = {
  name: 'queue',
  summary: 'See what waits in the queues, and for how long',
  usage: '[--json]',
  maxArguments: 0,
  options: {
    url: { type: 'string', value: '<url>', description: 'A running server (default: one of its own, over the same Redis)' },
    token: TOKEN_OPTION,
    json: { type: 'boolean', description: 'Print one JSON object per queue' },
  },
  examples: ['hector queue', 'hector queue --url http://localhost:8080 --json'],
  async run(input, context) {
    const { terminal } = context;
    return await actOnServer(input, context, async ({ url, token }: ServerAddress, signal) => {
      const { queues } = await callApi({ url, token, method: 'GET', path: '/api/queues', signal });
      const rows = (Array.isArray(queues) ? queues : []).filter(isJsonObject);
      if (isFlagSet(input, 'json')) for (const row of rows) terminal.write(`${JSON.stringify(row)}\n`);
      else terminal.write(formatQueues(rows));
    });
  },
};

export function formatQueues(rows: readonly JsonObject[]): string {
  const lines = [HEAD, ...rows.map((row) => COLUMNS.map((column) => show(column, row[column])))];
  const widths = HEAD.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  return lines
    .map(
      (line) =>
        `${line.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join('  ')}\n`,
    )
    .join('');
}

function show(column: string, value: unknown): string {
  if (column === 'oldest_waiting_ms') return value === 0 ? '-' : `${(Number(value) / 1_000).toFixed(1)} s`;
  return value === null || value === undefined ? '?' : String(value);
}

const COLUMNS = ['name', 'waiting', 'oldest_waiting_ms', 'active', 'delayed', 'failed', 'workers'];
const HEAD = ['QUEUE', 'WAITING', 'OLDEST', 'ACTIVE', 'DELAYED', 'FAILED', 'WORKERS'];
