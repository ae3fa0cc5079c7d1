/** Where a run begins and ends, for the agent that it is a run of. */
import type { JsonObject } from '../base/json.js';
import type { Agent } from './agent.js';

/**
 * The agent as the worker runs it. What it wants of whoever is above it goes into the log with its end: a parent that waits for the run
 * reads it there.
 */
export function enterRun(agent: Agent): Agent {
  return {
    name: agent.name,
    async runStep(state, context) {
      const outcome = await agent.runStep(state, context);
      if (outcome.type !== 'finished' || outcome.actions === undefined) return outcome;
      const { actions, ...finished } = outcome;
      if (actions.escalate === undefined) return finished;
      return { ...finished, statusMetadata: { ...finished.statusMetadata, [ESCALATED]: actions.escalate } };
    },
  };
}

/** Why a run that has ended wants more to end than itself; `undefined`: it does not. */
export function readEscalation(statusMetadata: JsonObject | undefined): string | undefined {
  const reason = statusMetadata?.[ESCALATED];
  return typeof reason === 'string' ? reason : undefined;
}

/** API-54 */
const ESCALATED = 'hector:escalate';
