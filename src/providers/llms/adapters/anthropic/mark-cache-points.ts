import type { Anthropic } from '@anthropic-ai/sdk';

/**
 * Marks what the provider may keep for the next call (LLM-21), four places at most: the tools, the system prompt, the
 * end of the conversation, and the end of the user's message before, which the last call wrote.
 */
export function markCachePoints(body: Anthropic.MessageCreateParamsStreaming): void {
  mark(body.tools?.at(-1));
  if (Array.isArray(body.system)) mark(body.system.at(-1));
  const ends = body.messages.filter(({ role }) => role === 'user').slice(-2);
  for (const { content } of ends) if (Array.isArray(content)) mark(content.at(-1));
}

/** Blocks are the encoder's own, made for this request. */
function mark(block: object | undefined): void {
  if (block !== undefined) Object.assign(block, { cache_control: { type: 'ephemeral' } });
}
