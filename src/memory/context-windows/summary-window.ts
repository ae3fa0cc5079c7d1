/**
 * `summary_buffer` (AGT-53, AGT-54): what is old is told in a summary, what is recent stands as it was said. Pure: who makes the summary
 * and where it is kept is up to the caller.
 */
import type { SessionMessage } from '../../tasks/session-message.js';
import type { CountTokens } from '../count-tokens.js';
import { groupMessages, keepFrom, type MessageGroup } from './message-groups.js';

export interface Summary {
  readonly text: string;
  /** Id of the newest message that it tells of. */
  readonly upTo: string;
}

export interface SummaryWindowOptions {
  readonly budget: number;
  /** Shares of the budget. */
  readonly threshold: number;
  readonly target: number;
  readonly preserveRecent: number;
  readonly countTokens: CountTokens;
}

export interface SummaryWindow {
  /** What the model reads, given a summary of `old`, or as long as nothing is old. */
  readonly messages: readonly SessionMessage[];
  /** What has to be told in the next summary, behind what the present one tells; empty: nothing yet. */
  readonly old: readonly SessionMessage[];
}

/** @param summary the one that is kept; one of messages that are no longer there tells nothing. */
export function summaryWindow(
  messages: readonly SessionMessage[],
  summary: Summary | undefined,
  { budget, threshold, target, preserveRecent, countTokens }: SummaryWindowOptions,
): SummaryWindow {
  const groups = groupMessages(messages);
  const start = summary === undefined ? 0 : findEnd(groups, summary.upTo);
  const count = (group: MessageGroup) => group.reduce((sum, message) => sum + countTokens(message), 0);
  const open = groups.slice(start);
  const told = start === 0 || summary === undefined ? 0 : countTokens(summaryMessage(summary.text));
  const total = open.reduce((sum, group) => sum + count(group), told);
  const all = { messages: keepFrom(groups, start).flat(), old: [] };
  if (open.flat().length < MIN_BEFORE_SUMMARY || total <= threshold * budget) return all;

  const room = RECENT_SHARE * target * budget;
  const least = Math.max(MIN_KEPT, preserveRecent);
  let cut = groups.length;
  for (let kept = 0, tokens = 0; cut > start; cut -= 1) {
    const group = groups[cut - 1] as MessageGroup;
    tokens += count(group);
    if (kept >= least && tokens > room) break;
    kept += group.length;
  }
  // Clients choose the ids of their messages, and may choose one twice: a summary ends behind an agent's.
  while (cut > start && groups[cut - 1]?.[0].role === 'user') cut -= 1;
  if (cut === start) return all;
  return { messages: keepFrom(groups, cut).flat(), old: groups.slice(start, cut).flat() };
}

/** What a summary of these would be told to end with. */
export function endOf(old: readonly SessionMessage[]): string {
  return old.findLast(({ role }) => role !== 'tool')?.id ?? '';
}

/** As the model reads it, before the rest. */
export function summaryMessage(text: string): SessionMessage {
  return { id: 'summary', role: 'user', author: 'user', parts: [{ type: 'text', text: `${SUMMARY_PREFIX}${text}` }], createdAt: 0 };
}

/** 0: it is not there. */
function findEnd(groups: readonly MessageGroup[], id: string): number {
  return groups.findLastIndex(([first]) => first.id === id) + 1;
}

/** AGT-54 */
const SUMMARY_PREFIX = 'Previous conversation summary: ';
const MIN_BEFORE_SUMMARY = 20;
const MIN_KEPT = 10;
const RECENT_SHARE = 0.8;
