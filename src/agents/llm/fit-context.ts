/** What of the session one model call reads: `agents.<name>.context` (AGT-50…55). */
import { isJsonObject } from '../../base/json.js';
import type { ContextSettings } from '../../config/llm-agent-settings.js';
import { bufferWindow } from '../../memory/context-windows/buffer-window.js';
import { endOf, type Summary, summaryMessage, summaryWindow } from '../../memory/context-windows/summary-window.js';
import { tokenWindow } from '../../memory/context-windows/token-window.js';
import type { CountTokens } from '../../memory/count-tokens.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { SessionState, StateDelta } from '../../tasks/session-state.js';
import type { RunUsage } from '../usage.js';
import type { Summarize } from './summarize.js';

export interface FitContextOptions {
  readonly agent: string;
  readonly settings: ContextSettings;
  readonly sessionState: SessionState;
  /** Loads what it needs when it is first asked for. */
  readonly getCountTokens: () => Promise<CountTokens>;
  /** `undefined`: it has failed in this run already. */
  readonly summarize: Summarize | undefined;
}

export interface FittedContext {
  readonly messages: readonly SessionMessage[];
  /** The summary, if there is a new one: kept with the step, so that no turn makes it again (W-94). */
  readonly sessionState?: StateDelta;
  /** Of the summariser. */
  readonly usage?: RunUsage;
  readonly summaryFailed?: true;
}

export async function fitContext(
  messages: readonly SessionMessage[],
  { agent, settings, sessionState, getCountTokens, summarize }: FitContextOptions,
): Promise<FittedContext> {
  const { strategy, windowSize, budget, preserveRecent } = settings;
  if (strategy === 'none') return { messages };
  if (strategy === 'buffer_window') return { messages: bufferWindow(messages, windowSize) };
  const countTokens = await getCountTokens();
  if (strategy === 'token_window') return { messages: tokenWindow(messages, { budget, preserveRecent, countTokens }) };

  const key = summaryKey(agent);
  const summary = readSummary(sessionState[key]);
  const window = summaryWindow(messages, summary, { ...settings, countTokens });
  const isTold = summary !== undefined && messages.some(({ id }) => id === summary.upTo);
  if (window.old.length === 0) return { messages: [...(isTold ? [summaryMessage(summary.text)] : []), ...window.messages] };
  const made = await summarize?.(window.old, isTold ? summary.text : undefined);
  if (made?.text === undefined) {
    // A summariser that fails costs what it would have told, not the answer.
    const known = isTold ? [summaryMessage(summary.text)] : [];
    return {
      messages: [...known, ...tokenWindow([...window.old, ...window.messages], { budget, preserveRecent, countTokens })],
      ...(made === undefined ? {} : { summaryFailed: true, usage: made.usage }),
    };
  }
  const next: Summary = { text: made.text, upTo: endOf(window.old) };
  return {
    messages: [summaryMessage(next.text), ...window.messages],
    sessionState: { [key]: { text: next.text, up_to: next.upTo } },
    usage: made.usage,
  };
}

/** Beside the conversation, where neither models nor copies of the state get it. */
export function summaryKey(agent: string): string {
  return `_hector_summary_${agent}`;
}

function readSummary(value: unknown): Summary | undefined {
  if (!isJsonObject(value)) return undefined;
  const { text, up_to: upTo } = value;
  return typeof text === 'string' && typeof upTo === 'string' ? { text, upTo } : undefined;
}
