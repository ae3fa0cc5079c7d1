/** `DELETE /api/sessions/{id}`: a session with its messages, state and runs (SES-05); with `force=true` also while runs have not ended. */
import { AppError, hasCode } from '../base/errors.js';
import { newId } from '../base/ids.js';
import type { SessionRecord } from '../tasks/session-store.js';
import { getSession, type SessionReference, sessionNotFound } from './get-session.js';
import { QueryReader } from './query-reader.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function deleteSession(ports: StudioPorts, reference: SessionReference, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['force']);
  const force = reader.flag('force');
  reader.problems.throwIfAny();
  const session = await getSession(ports, reference);
  let canceled = 0;
  for (let tries = 1; ; tries++) {
    const outcome = await ports.sessions.deleteSession(session.id, session.owner);
    if (outcome.type === 'deleted') return { status: 200, body: { id: session.id, deleted: true, canceled_runs: canceled } };
    if (outcome.type === 'not-found') throw sessionNotFound(session.id);
    if (!force || tries > MAX_TRIES) throw active(session, outcome.taskIds);
    canceled += await cancelAll(ports, session, outcome.taskIds);
  }
}

/** One that ended meanwhile is no longer in the way. */
async function cancelAll({ cancelTask, clock }: StudioPorts, session: SessionRecord, taskIds: readonly string[]): Promise<number> {
  let count = 0;
  for (const taskId of taskIds) {
    const { contextId, owner } = session;
    const parts = [{ text: 'Its session was deleted' }];
    try {
      await cancelTask(taskId, owner, { messageId: newId(clock.now()), taskId, contextId, role: 'ROLE_AGENT', parts });
      count += 1;
    } catch (error) {
      if (!hasCode(error, 'TASK_NOT_CANCELABLE') && !hasCode(error, 'TASK_NOT_FOUND')) throw error;
    }
  }
  return count;
}

function active({ id }: SessionRecord, taskIds: readonly string[]): AppError {
  return new AppError('SESSION_ACTIVE', {
    message: `The session '${id}' has runs that have not ended: ${taskIds.slice(0, 5).join(', ')}${taskIds.length > 5 ? ' and more' : ''}. Let them end, or delete it with force=true, which cancels them`,
  });
}

/** Each time more runs were begun, or there are more than one answer names. */
const MAX_TRIES = 100;
