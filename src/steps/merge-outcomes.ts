import type { StepOutcome } from '../agents/agent.js';
import type { TaskEventBody } from '../tasks/task-event.js';

/** Two iterations of a run as one step: what they add, in order, and how the second one ended. Pure. */
export function mergeOutcomes(earlier: StepOutcome | undefined, later: StepOutcome): StepOutcome {
  if (earlier === undefined) return later;
  return {
    ...later,
    messages: [...earlier.messages, ...later.messages],
    events: later.events.reduce(mergeEvent, earlier.events),
    toolCalls: [...(earlier.toolCalls ?? []), ...(later.toolCalls ?? [])],
    ...mergeStates(earlier, later),
  };
}

function mergeStates({ sessionState: earlier }: StepOutcome, { sessionState: later }: StepOutcome): Pick<StepOutcome, 'sessionState'> {
  return earlier === undefined && later === undefined ? {} : { sessionState: { ...earlier, ...later } };
}

/**
 * One event per artifact: live previews stand after the last committed event, and their text must be the beginning of the one
 * that covers them (R9).
 */
function mergeEvent(events: readonly TaskEventBody[], later: TaskEventBody): readonly TaskEventBody[] {
  if (later.type !== 'artifact.updated') return [...events, later];
  const index = events.findIndex((event) => event.type === 'artifact.updated' && event.artifact.artifactId === later.artifact.artifactId);
  const earlier = events[index];
  if (earlier?.type !== 'artifact.updated') return [...events, later];
  const merged: TaskEventBody = later.append
    ? {
        ...later,
        artifact: { ...earlier.artifact, ...later.artifact, parts: [...earlier.artifact.parts, ...later.artifact.parts] },
        append: earlier.append,
      }
    : later;
  return events.with(index, merged);
}
