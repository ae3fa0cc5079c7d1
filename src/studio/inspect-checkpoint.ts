import type { JsonObject } from '../base/json.js';
import { DECISIONS } from '../tasks/tool-call.js';
import { answerWithin } from './answer-within.js';
import { viewRun, viewToolCall } from './checkpoint-view.js';
import { getRun, type RunReference, readBranches } from './get-run.js';
import { findOpenQuestions } from './open-questions.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/checkpoints/{taskId}`: everything durable about a run but its history. */
export async function inspectCheckpoint(ports: StudioPorts, run: RunReference): Promise<StudioResponse> {
  const task = await getRun(ports, run);
  const branches = await readBranches(ports.tasks, task);
  const [leases, calls, total, questions] = await Promise.all([
    answerWithin(ports, 'which leases live', ports.leases.remaining([task, ...branches].map(({ id }) => id))),
    ports.toolCalls.toolCalls(task.id, { newest: MAX_CALLS }),
    ports.toolCalls.countToolCalls(task.id),
    findOpenQuestions(ports.tasks, task),
  ]);
  const asked = questions.map(
    (question): JsonObject => ({
      call_id: question.callId,
      tool: question.tool,
      asks: question.asks,
      arguments: question.arguments,
      arguments_hash: question.argumentsHash,
      prompt: question.prompt,
      decisions: DECISIONS[question.asks],
    }),
  );
  return {
    status: 200,
    body: {
      ...viewRun(task, leases?.has(task.id)),
      control: task.control,
      questions: asked,
      tool_calls: calls.map(viewToolCall),
      tool_calls_total: total,
      ...(branches.length === 0 ? {} : { branch_runs: branches.map((run) => viewRun(run, leases?.has(run.id))) }),
    },
  };
}

/** The newest of a run's calls that are shown. */
const MAX_CALLS = 500;
