import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { trimEndOf } from '../base/trim.js';
import { AnswerView } from './answer-view.js';
import { callAgent } from './call-agent.js';
import { INTERRUPTED } from './stop-signal.js';
import { streamMessage } from './stream-message.js';
import type { Terminal } from './terminal.js';

export interface AskOptions {
  /** Base URL of a server, or the address of one of its agents. */
  readonly url: string;
  /** Who asks. Default: nobody. */
  readonly token?: string | undefined;
  /** Key of the agent; without it, the one that the server's card names. */
  readonly agent?: string;
  readonly question: string;
  readonly contextId?: string;
  /** Prints events, one JSON object per line, instead of the answer. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

const CANCEL_MS = 2_000;

/** Asks, shows the answer, and gives the exit code: 0 when answered or when the agent asks back, 1 when it failed. */
export async function askAgent(options: AskOptions, terminal: Terminal): Promise<number> {
  const { signal, token } = options;
  const url = await findAgentUrl(options);
  const view = new AnswerView(options.json ? { ...terminal, write: () => undefined } : terminal);
  let taskId = '';
  try {
    const events = streamMessage({
      url,
      token,
      text: options.question,
      ...(options.contextId === undefined ? {} : { contextId: options.contextId }),
      signal,
      onReconnect: (reason) => terminal.writeError(`\n(${reason}; connecting again)\n`),
    });
    for await (const event of events) {
      if ('task' in event) taskId = event.task.id;
      if (options.json) terminal.write(`${JSON.stringify(event)}\n`);
      view.handle(event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    if (taskId !== '') await cancel({ url, token }, taskId);
    terminal.writeError('\nInterrupted; the task was asked to stop.\n');
    return INTERRUPTED;
  }
  view.finish();
  return describeEnd(view, terminal);
}

function describeEnd(view: AnswerView, terminal: Terminal): number {
  if (terminal.canRedraw && view.contextId !== '') terminal.writeError(`\n(go on with --context ${view.contextId})\n`);
  if (view.state === 'TASK_STATE_FAILED' || view.state === 'TASK_STATE_REJECTED' || view.state === 'TASK_STATE_CANCELED') {
    terminal.writeError(`error: the task ended as ${view.state.replace('TASK_STATE_', '').toLowerCase()}\n`);
    return 1;
  }
  return 0;
}

async function findAgentUrl({ url, agent, signal }: AskOptions): Promise<string> {
  if (!URL.canParse(url))
    throw new AppError('CLI_USAGE', { message: `--url is '${url}'; wanted an address such as http://localhost:8080` });
  const base = trimEndOf(url, '/');
  if (agent !== undefined) return `${base}/agents/${encodeURIComponent(agent)}`;
  if (/\/agents\/[^/]+$/.test(base)) return base;
  const cardUrl = `${base}/.well-known/agent-card.json`;
  let card: unknown;
  try {
    const response = await fetch(cardUrl, { signal, headers: { 'a2a-version': '1.0' } });
    card = response.ok ? await response.json() : undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new AppError('CLI_SERVER_UNREACHABLE', {
      message: `no server answers at ${base}; start one with 'hector serve', or correct --url`,
      cause: error,
    });
  }
  const interfaces = isJsonObject(card) && Array.isArray(card.supportedInterfaces) ? (card.supportedInterfaces as readonly unknown[]) : [];
  const found = interfaces.find((item) => isJsonObject(item) && item.protocolBinding === 'JSONRPC');
  if (isJsonObject(found) && typeof found.url === 'string') return found.url;
  throw new AppError('CLI_SERVER_REFUSED', { message: `${cardUrl} names no agent with a JSON-RPC address; name one with --agent` });
}

/** Best effort: whoever interrupted does not wait for it. */
async function cancel(server: Pick<AskOptions, 'url' | 'token'>, taskId: string): Promise<void> {
  try {
    await callAgent({ ...server, method: 'CancelTask', params: { id: taskId }, signal: AbortSignal.timeout(CANCEL_MS) });
  } catch {
    // The task may have ended, or the server may be gone; there is nobody left to tell.
  }
}
