import type { StepContext, StepState } from '../agent.js';
import { readControl } from './control.js';
import type { InvocationContext } from './customization.js';

export function describeInvocation(
  { task, sessionState = {} }: StepState,
  { signal }: Pick<StepContext, 'signal'>,
  agent: string,
): InvocationContext {
  const { iteration } = readControl(task.control);
  return { taskId: task.id, contextId: task.contextId, agent, owner: task.owner, iteration, sessionState, signal };
}
