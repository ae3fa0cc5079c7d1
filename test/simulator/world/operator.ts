/** Somebody who looks after runs that are held because their worker died (CHK-08): resumes them, or discards them. */

import type { Cluster } from './cluster.js';
import { isPassing, sleep } from './followers.js';
import { callServer } from './http.js';
import type { World } from './world.js';

export async function operate(world: World, cluster: Cluster, owner: string): Promise<void> {
  for (;;) {
    await sleep(world, 1_000);
    const isAnyHeld = world.database.look('SELECT 1 FROM tasks WHERE held_since IS NOT NULL LIMIT 1').length > 0;
    if (!isAnyHeld) continue;
    try {
      await callServer(world, cluster.pick(), 'resume what is held', async ({ parts: { store, queue }, process }) => {
        for (const { id } of await store.openRuns({ owner, status: 'held', limit: 100 })) {
          const outcome = await store.resume(id, owner, process.clock.now());
          if (outcome.type !== 'resumed') continue;
          world.count('runs-resumed');
          await queue.enqueue(outcome.task);
        }
      });
    } catch (error) {
      if (!isPassing(error)) world.audit.fail('rest', `held runs could not be resumed: ${String(error)}`);
    }
  }
}
