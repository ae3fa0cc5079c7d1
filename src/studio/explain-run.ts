import type { JsonObject } from '../base/json.js';
import { explainTask } from '../tasks/explain-task.js';
import type { Explanation } from '../tasks/task-facts.js';
import { gatherFacts } from './gather-facts.js';
import { getRun, type RunReference } from './get-run.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/tasks/{taskId}/why`: which rule holds the run, what that rests on, and what to do. */
export async function explainRun(ports: StudioPorts, run: RunReference): Promise<StudioResponse> {
  const task = await getRun(ports, run);
  return { status: 200, body: view(task.id, explainTask(task, await gatherFacts(ports, task))) };
}

function view(taskId: string, { rule, summary, evidence, next, front }: Explanation): JsonObject {
  return {
    task_id: taskId,
    rule,
    summary,
    evidence,
    next,
    ...(front === undefined ? {} : { front: view(front.taskId, front.explanation) }),
  };
}
