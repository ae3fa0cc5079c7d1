import type { StepOutcome, StepState } from '../agents/agent.js';
import { AppError } from '../base/errors.js';
import { isInterrupted } from '../protocol/task-state.js';

/** A run that branched into nothing would wait for ever. @throws AppError `INTERNAL`: the agent's program is at fault. */
export function assertBranch({ starts, says }: Extract<StepOutcome, { type: 'branch' }>, { task, children = [] }: StepState): void {
  const fault = (reason: string) => new AppError('INTERNAL', { message: `agent '${task.agent}' cannot branch so: ${reason}` });
  if (starts.length + says.length === 0) throw fault('no start and no message');
  const keys = [...children, ...starts].map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw fault(`two children are called '${twice}'`);
  for (const { key } of says) {
    const child = children.find((known) => known.key === key);
    if (child === undefined) throw fault(`no child is called '${key}'`);
    if (!isInterrupted(child.state)) throw fault(`the child '${key}' does not wait (${child.state})`);
  }
  const toldTwice = says.find(({ key }, index) => says.findIndex((said) => said.key === key) !== index);
  if (toldTwice !== undefined) throw fault(`two messages at a time for the child '${toldTwice.key}'`);
}
