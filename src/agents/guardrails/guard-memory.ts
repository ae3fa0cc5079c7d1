import type { MemorySearch } from '../../providers/tools/memory-search.js';
import { checkTexts } from './check-texts.js';
import type { Guardrail } from './guardrail.js';

/** What users said in other sessions, as far as the agent may read it: the index keeps what was sent. */
export function guardMemory(memory: MemorySearch, { input }: Pick<Guardrail, 'input'>): MemorySearch {
  return {
    async search(question, options, signal) {
      const found = await memory.search(question, options, signal);
      return found.flatMap((message) => {
        if (message.author !== 'user') return [message];
        const { texts, isBlocked } = checkTexts({ texts: [message.content], others: [], isDecision: true }, input);
        return isBlocked ? [] : [{ ...message, content: texts[0] ?? '' }];
      });
    },
  };
}
