import { AppError } from '../base/errors.js';
import type { OwnerScope } from '../tasks/owner-scope.js';
import type { SessionRecord } from '../tasks/session-store.js';
import type { StudioPorts } from './studio-ports.js';

/** Which session, and who asks. */
export interface SessionReference {
  readonly id: string;
  readonly owner: OwnerScope;
}

/** @throws AppError `SESSION_NOT_FOUND`, for unknown ids, for other owners' sessions and for those of child runs alike. */
export async function getSession({ sessions }: Pick<StudioPorts, 'sessions'>, { id, owner }: SessionReference): Promise<SessionRecord> {
  const session = await sessions.findSession(id, owner);
  if (session === undefined) throw sessionNotFound(id);
  return session;
}

export function sessionNotFound(id: string): AppError {
  return new AppError('SESSION_NOT_FOUND', { message: `Session '${id.slice(0, 80)}' not found; GET /api/sessions lists yours` });
}
