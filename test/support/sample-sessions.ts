import type { SessionRecord, SessionStore } from '../../src/tasks/session-store.js';

const SESSION: SessionRecord = {
  id: '018bcfe5-6800-7000-8000-000000000009',
  agent: 'assistant',
  owner: 'ada',
  contextId: 'ctx-9',
  tenant: '',
  messages: 2,
  runs: 1,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_004_200,
};

/** One session of whoever asks. */
export function sampleSessions(): SessionStore {
  let isThere = true;
  const message = {
    id: 'm2',
    role: 'agent',
    author: 'assistant',
    parts: [{ type: 'text', text: '120 due' }],
    createdAt: 1_700_000_004_200,
  } as const;
  const place = { taskId: SESSION.id, contextId: SESSION.contextId, seq: 3, epoch: 1, at: 1_700_000_004_200 };
  const artifact = { artifactId: 'a1', name: 'report', parts: [{ text: 'ACME: 120 due' }] };
  const readArtifacts = async () => [{ type: 'artifact.updated', artifact, append: false, lastChunk: true, ...place } as const];
  return {
    listSessions: async () => ({ sessions: isThere ? [SESSION] : [] }),
    findSession: async (id) => (isThere && id === SESSION.id ? SESSION : undefined),
    readMessages: async (_, { limit }) =>
      [
        { turn: 1, position: 1, taskId: SESSION.id, message: { ...message, id: 'm1', role: 'user' as const, author: 'user' } },
        { turn: 1, position: 2, taskId: SESSION.id, message },
      ].slice(-limit),
    readState: async () => ({ plan: ['pay'], 'user:name': 'Ada' }),
    readArtifacts,
    readArtifactsOf: readArtifacts,
    async deleteSession() {
      isThere = false;
      return { type: 'deleted' };
    },
  };
}
