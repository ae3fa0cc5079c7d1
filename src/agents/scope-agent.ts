import type { TaskEvent, TaskEventBody } from '../tasks/task-event.js';
import type { Agent, StepOutcome } from './agent.js';
import { findNestedBranch, toPath } from './branch.js';

/**
 * What an agent below the run's own puts out, as the run's log has it: artifacts under ids of their branch, so that those of two agents
 * never collide, and with who made them (AGT-16). The run's own agent stays as it is, and no agent notices which of the two it is.
 *
 * For agents that put something out themselves; what runs members leaves that to them.
 */
export function scopeAgent(agent: Agent, { author }: { readonly author: string }): Agent {
  return {
    name: agent.name,
    async runStep(state, context) {
      const branch = findNestedBranch(state, agent.name);
      if (branch === undefined) return await agent.runStep(state, context);
      const prefix = `${branch}/`;
      const outcome = await agent.runStep(state, {
        ...context,
        preview: (artifactId, text) => context.preview(`${prefix}${artifactId}`, text),
        readEvents: async () => (await context.readEvents()).flatMap((event) => ownEvent(event, prefix)),
      });
      const origin = { author, agent_id: agent.name, branch: toPath(branch) };
      return withEvents(
        outcome,
        outcome.events.map((event) => scopeEvent(event, prefix, origin)),
      );
    },
  };
}

function scopeEvent(event: TaskEventBody, prefix: string, origin: Readonly<Record<string, string>>): TaskEventBody {
  if (event.type === 'status.changed') return { ...event, metadata: { ...event.metadata, ...origin } };
  if (event.type !== 'artifact.updated') return event;
  const { artifact } = event;
  return {
    ...event,
    artifact: { ...artifact, artifactId: `${prefix}${artifact.artifactId}`, metadata: { ...artifact.metadata, ...origin } },
  };
}

/** Artifacts of other agents are none of its business. */
function ownEvent(event: TaskEvent, prefix: string): readonly TaskEvent[] {
  if (event.type !== 'artifact.updated') return [event];
  const { artifact } = event;
  if (!artifact.artifactId.startsWith(prefix)) return [];
  return [{ ...event, artifact: { ...artifact, artifactId: artifact.artifactId.slice(prefix.length) } }];
}

function withEvents(outcome: StepOutcome, events: readonly TaskEventBody[]): StepOutcome {
  return { ...outcome, events };
}
