/**
 * The load generator: a process of its own, so that it shares no event loop with what it measures.
 * Closed loop: each connection sends its next request when the last one was answered.
 * Argument: `LoadOptions` as JSON. Prints `LoadFigures` as JSON.
 */
import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { figuresOf } from '../statistics.js';
import type { LoadOptions } from './load-options.js';

const options = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
const url = new URL(options.url);

await run(options.warmUpSeconds);
process.stdout.write(`${JSON.stringify(await run(options.seconds))}\n`);
agent.destroy();

async function run(seconds: number) {
  const latencies: number[] = [];
  let errors = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: options.connections }, async () => {
      while (performance.now() < end) {
        const sentAt = performance.now();
        try {
          latencies.push((await call()) - sentAt);
        } catch {
          errors += 1;
        }
      }
    }),
  );
  return figuresOf(latencies, errors, (performance.now() - start) / 1_000);
}

/** Sends one message and checks the answer; resolves with the moment that counts. */
function call(): Promise<number> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: options.kind === 'send' ? 'SendMessage' : 'SendStreamingMessage',
    params: { message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: options.text }] } },
  });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: url.hostname, port: url.port, path: url.pathname, method: 'POST', headers: headersFor(body) },
      (response) => void readAnswer(response).then(resolve, reject),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function headersFor(body: string): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    accept: options.kind === 'send' ? 'application/json' : 'text/event-stream',
    'content-length': Buffer.byteLength(body),
    'a2a-version': '1.0',
  };
}

async function readAnswer(response: IncomingMessage): Promise<number> {
  let text = '';
  let firstTokenAt: number | undefined;
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    if (firstTokenAt === undefined && text.includes('"artifactUpdate"')) firstTokenAt = performance.now();
  }
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
  if (!text.includes('TASK_STATE_COMPLETED')) throw new Error(`the task did not complete: ${text.slice(0, 200)}`);
  if (options.kind === 'send') return performance.now();
  if (firstTokenAt === undefined) throw new Error('no artifact update came');
  return firstTokenAt;
}
