/**
 * The steps and turns that run on one snapshot.
 *
 * Owns: their count, and who waits for none. A snapshot lets go of its connections only when no step could need them any more: neither
 * one that runs, nor one that follows in the turn of a worker.
 */
import type { Agent } from '../agents/agent.js';

export class ActiveSteps {
  #count = 0;
  #waiters: (() => void)[] = [];

  /** The same agent, its steps counted. */
  count(agent: Agent): Agent {
    return {
      name: agent.name,
      runStep: async (state, context) => {
        this.#count += 1;
        try {
          return await agent.runStep(state, context);
        } finally {
          this.#end();
        }
      },
    };
  }

  /** Counts as one step, however many there are in it. */
  hold(turn: AbortSignal): void {
    if (turn.aborted) return;
    this.#count += 1;
    turn.addEventListener('abort', () => this.#end(), { once: true });
  }

  /** Resolves when none runs. */
  async ended(): Promise<void> {
    while (this.#count > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #end(): void {
    this.#count -= 1;
    if (this.#count === 0) for (const wake of this.#waiters.splice(0)) wake();
  }
}
