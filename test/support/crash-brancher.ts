/** The agent of the crash matrix that branches: into one that does something to the world, and one that is done at once. */
import type { Agent, StepOutcome } from '../../src/agents/agent.js';
import { newId } from '../../src/base/ids.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';

export const BRANCH_AGENTS = { acts: 'acts', isQuick: 'quick' } as const;

export function createBrancher(name: string): Agent {
  return {
    name,
    async runStep({ task, history, children = [] }): Promise<StepOutcome> {
      const last = history.at(-1) as SessionMessage;
      const control = { seen: history.length };
      if (children.length === 0) {
        const shared = { messages: [last], inheritsHistory: false, state: 'shared' } as const;
        const starts = Object.values(BRANCH_AGENTS).map((agent) => ({ ...shared, key: agent, agent }));
        return { type: 'branch', control, messages: [], events: [], starts, says: [] };
      }
      const [waiting] = children.filter(({ state }) => state === 'TASK_STATE_INPUT_REQUIRED');
      if (waiting === undefined) return finished(children.map(({ key, state }) => `${key} ${state}`).join(', '));
      if (history.length > Number(task.control['seen'])) {
        return { type: 'branch', control, messages: [], events: [], starts: [], says: [{ key: waiting.key, message: last }] };
      }
      const statusMessage = waiting.statusMessage ?? { messageId: newId(), role: 'ROLE_AGENT', parts: [] };
      return { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', control, messages: [], events: [], statusMessage };
    },
  };
}

export const quickAgent: Agent = { name: BRANCH_AGENTS.isQuick, runStep: async () => finished('Done at once.') };

function finished(text: string): StepOutcome {
  const statusMessage = { messageId: newId(), role: 'ROLE_AGENT', parts: [{ text }] } as const;
  return { type: 'finished', control: {}, messages: [], events: [], statusMessage };
}
