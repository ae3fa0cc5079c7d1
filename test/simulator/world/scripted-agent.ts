/** A plain agent that does what its script says: shows text, asks, fails, ends. */
import type { Agent, StepContext, StepOutcome, StepState } from '../../../src/agents/agent.js';
import { AppError } from '../../../src/base/errors.js';
import { newId } from '../../../src/base/ids.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import type { ScriptedStep } from './script.js';
import { getStep } from './stamped-agent.js';

export const PLAIN_AGENT = 'plain';

export const plainAgent: Agent = { name: PLAIN_AGENT, runStep };

async function runStep({ task }: StepState, context: StepContext): Promise<StepOutcome> {
  const { process, script } = getStep();
  const { clock, scheduler } = process;
  const place = Number(task.control['place'] ?? 0);
  const step = script.steps[place] as ScriptedStep;
  let text = '';
  for (let word = 0; word < step.words; word++) {
    await clock.sleep(step.wordMs, context.signal);
    if (scheduler.random.chance(step.failing / step.words)) throw new AppError('LLM_UNAVAILABLE');
    const added = `${place}.${task.epoch}.${word}@${process.name} `;
    text += added;
    context.preview('response', added);
  }
  const isLast = place === script.steps.length - 1;
  const parts = [{ type: 'text' as const, text }];
  const message: SessionMessage = { id: newId(clock.now()), role: 'agent', author: PLAIN_AGENT, parts, createdAt: clock.now() };
  const result = {
    control: { place: place + 1 },
    messages: [message],
    events: [
      {
        type: 'artifact.updated' as const,
        artifact: { artifactId: 'response', parts: [{ text }] },
        append: place > 0,
        lastChunk: isLast,
      },
    ],
  };
  const statusMessage = { messageId: newId(clock.now()), role: 'ROLE_AGENT' as const, parts: [{ text: `after ${place}` }] };
  if (isLast && script.fails) return { type: 'failed', statusMessage, ...result };
  if (isLast) return { type: 'finished', ...result };
  if (step.asks) return { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMessage, ...result };
  return { type: 'continue', ...result };
}
