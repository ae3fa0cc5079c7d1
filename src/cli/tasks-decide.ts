import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { callApi } from './call-api.js';
import type { TaskAct } from './task-act.js';

/** Looks at what the run asks, and answers with the hash of exactly those arguments. */
export async function decideCall(act: TaskAct, decision: string): Promise<void> {
  const { server, taskId, signal, json, terminal, flag } = act;
  const run = await callApi({ ...server, method: 'GET', path: `/api/checkpoints/${encodeURIComponent(taskId)}`, signal });
  const questions = (run['questions'] ?? []) as readonly JsonObject[];
  const callId = flag('call') ?? getOnlyCall(questions, run, decision);
  const question = questions.find((asked) => asked['call_id'] === callId);
  const reply = await callApi({
    ...server,
    method: 'POST',
    path: `/api/tasks/${encodeURIComponent(taskId)}/toolCalls/${encodeURIComponent(callId)}/decision`,
    body: {
      decision,
      ...(question === undefined ? {} : { arguments_hash: question['arguments_hash'] }),
      ...given('reason', flag('reason')),
      ...given('result', flag('result')),
    },
    signal,
  });
  const seen = question === undefined ? '' : ` ${JSON.stringify(question['arguments'])}`;
  terminal.write(json ? `${JSON.stringify(reply)}\n` : `${decision}: call ${callId} of ${reply['tool']}${seen}\n`);
}

function getOnlyCall(questions: readonly JsonObject[], { status, state }: JsonObject, decision: string): string {
  const [only] = questions;
  if (only === undefined)
    throw new AppError('CLI_SERVER_REFUSED', {
      message: `the run asks about no call now (${status}, ${state}); 'hector tasks why' tells what it does`,
    });
  if (questions.length === 1) return String(only['call_id']);
  const calls = questions.map((asked) => `--call ${asked['call_id']} (${asked['tool']} ${JSON.stringify(asked['arguments'])})`);
  throw new AppError('CLI_USAGE', { message: `${questions.length} calls are open; ${decision} one of them:\n  ${calls.join('\n  ')}` });
}

function given(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}
