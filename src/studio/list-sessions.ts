/** `GET /api/sessions`: the caller's sessions, those that began last first (SES-05). */
import type { OwnerScope } from '../tasks/owner-scope.js';
import { QueryReader } from './query-reader.js';
import { viewSession } from './session-view.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function listSessions({ sessions }: StudioPorts, owner: OwnerScope, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['agent', 'context_id', 'tenant', 'limit', 'cursor']);
  const agent = reader.text('agent');
  const contextId = reader.text('context_id');
  const tenant = reader.text('tenant');
  const limit = reader.integer('limit', { minimum: 1, maximum: 500 }) ?? DEFAULT_LIMIT;
  const after = reader.cursor((text) => (/^[\x21-\x7e]{1,64}$/.test(text) ? text : undefined));
  reader.problems.throwIfAny();
  const page = await sessions.listSessions({ owner, agent, contextId, tenant, after, limit });
  const next = page.next === undefined ? {} : { next_cursor: page.next };
  return { status: 200, body: { sessions: page.sessions.map(viewSession), ...next } };
}

const DEFAULT_LIMIT = 50;
