import { cancelToolCall } from './cancel-tool-call.js';
import { createConfigRoutes } from './config-routes.js';
import { decideToolCall } from './decide-tool-call.js';
import { deleteSession } from './delete-session.js';
import { discardCheckpoint } from './discard-checkpoint.js';
import { createDocumentRoutes } from './document-routes.js';
import { explainRun } from './explain-run.js';
import type { RunReference } from './get-run.js';
import type { SessionReference } from './get-session.js';
import { inspectCheckpoint } from './inspect-checkpoint.js';
import { inspectSession } from './inspect-session.js';
import { listCheckpoints } from './list-checkpoints.js';
import { listSessions } from './list-sessions.js';
import { listToolsets } from './list-toolsets.js';
import { readDecision } from './read-decision.js';
import { assertNoMembers } from './read-members.js';
import { resumeCheckpoint } from './resume-checkpoint.js';
import { listSessionArtifacts, loadSessionArtifact } from './session-artifacts.js';
import { showQueues } from './show-queues.js';
import { showStatistics } from './show-statistics.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioRequest, StudioRoute } from './studio-route.js';
import { listTraces, showTrace } from './traces.js';

/** Every path of the management API (CHK-08); described with examples in README.md. */
export function createStudioRoutes(ports: StudioPorts): readonly StudioRoute[] {
  return [
    { method: 'GET', pattern: '/api/checkpoints', handle: ({ owner, query }) => listCheckpoints(ports, owner, query) },
    // Before `{taskId}`: no task is called `stats`.
    { method: 'GET', pattern: '/api/checkpoints/stats', handle: ({ owner }) => showStatistics(ports, owner) },
    { method: 'GET', pattern: '/api/checkpoints/{taskId}', handle: (request) => inspectCheckpoint(ports, runOf(request)) },
    {
      method: 'POST',
      pattern: '/api/checkpoints/{taskId}/resume',
      async handle(request) {
        assertNoMembers(request.body);
        return resumeCheckpoint(ports, runOf(request));
      },
    },
    { method: 'DELETE', pattern: '/api/checkpoints/{taskId}', handle: (request) => discardCheckpoint(ports, runOf(request)) },
    { method: 'GET', pattern: '/api/tasks/{taskId}/why', handle: (request) => explainRun(ports, runOf(request)) },
    { method: 'GET', pattern: '/api/sessions', handle: ({ owner, query }) => listSessions(ports, owner, query) },
    { method: 'GET', pattern: '/api/sessions/{id}', handle: (request) => inspectSession(ports, sessionOf(request), request.query) },
    { method: 'DELETE', pattern: '/api/sessions/{id}', handle: (request) => deleteSession(ports, sessionOf(request), request.query) },
    { method: 'GET', pattern: '/api/sessions/{id}/artifacts', handle: (request) => listSessionArtifacts(ports, sessionOf(request)) },
    {
      method: 'GET',
      pattern: '/api/sessions/{id}/artifacts/{name}',
      handle: (request) => loadSessionArtifact(ports, { ...sessionOf(request), name: request.parameters.name as string }, request.query),
    },
    { method: 'GET', pattern: '/api/traces', handle: async ({ owner, query }) => listTraces(ports, owner, query) },
    {
      method: 'GET',
      pattern: '/api/traces/{traceId}',
      handle: async ({ owner, parameters }) => showTrace(ports, { owner, traceId: parameters.traceId as string }),
    },
    ...createDocumentRoutes(ports),
    ...createConfigRoutes(ports),
    { method: 'GET', pattern: '/api/queues', isForOperators: true, handle: () => showQueues(ports) },
    { method: 'GET', pattern: '/api/toolsets', isForOperators: true, handle: async () => listToolsets(ports) },
    {
      method: 'POST',
      pattern: '/api/tasks/{taskId}/toolCalls/{callId}/decision',
      handle: async (request) => decideToolCall(ports, runOf(request), request.parameters.callId as string, readDecision(request.body)),
    },
    {
      method: 'POST',
      pattern: '/api/tasks/{taskId}/toolCalls/{callId}/cancel',
      async handle(request) {
        assertNoMembers(request.body);
        return cancelToolCall(ports, runOf(request), request.parameters.callId as string);
      },
    },
  ];
}

function runOf({ owner, parameters }: StudioRequest): RunReference {
  return { taskId: parameters.taskId as string, owner };
}

function sessionOf({ owner, parameters }: StudioRequest): SessionReference {
  return { id: parameters.id as string, owner };
}
