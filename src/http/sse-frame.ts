import type { ServerSentEvent } from '../a2a/binding-reply.js';

export function formatEvent(event: ServerSentEvent): string {
  const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`;
  const type = event.event === undefined ? '' : `event: ${oneLine(event.event)}\n`;
  const data = event.data.includes('\n') || event.data.includes('\r') ? event.data.split(LINE_BREAK).join('\ndata: ') : event.data;
  return `${id}${type}data: ${data}\n\n`;
}

export function formatComment(text: string): string {
  return `: ${oneLine(text)}\n\n`;
}

/** Tells the client how long to wait before it connects again. */
export function formatRetry(delayMs: number): string {
  return `retry: ${Math.round(delayMs)}\n\n`;
}

function oneLine(text: string): string {
  return LINE_BREAK.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
}

const LINE_BREAK = /\r\n|\r|\n/;
