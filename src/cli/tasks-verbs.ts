/** What `hector tasks` can do, each as calls of the management API. */
import type { JsonObject } from '../base/json.js';
import { callApi } from './call-api.js';
import type { TaskAct } from './task-act.js';
import { decideCall } from './tasks-decide.js';
import { formatRun, formatRuns, formatWhy } from './tasks-view.js';

export interface TaskVerb {
  readonly wantsTask: boolean;
  /** It wants the id of a call behind that of the task. Default false. */
  readonly wantsCall?: boolean;
  /** Flags of its own. */
  readonly flags: readonly string[];
  run(act: TaskAct): Promise<void>;
}

export const RUN_STATUSES = ['queued', 'running', 'waiting', 'held', 'interrupted'] as const;

export const TASK_VERBS: Readonly<Record<string, TaskVerb>> = {
  list: { wantsTask: false, flags: ['status'], run: listRuns },
  show: onTask('GET', (id) => `/api/checkpoints/${id}`, formatRun),
  why: onTask('GET', (id) => `/api/tasks/${id}/why`, formatWhy),
  resume: onTask(
    'POST',
    (id) => `/api/checkpoints/${id}/resume`,
    ({ step }) => `resumed: the run goes on with step ${step}\n`,
  ),
  discard: onTask(
    'DELETE',
    (id) => `/api/checkpoints/${id}`,
    ({ state }) => `discarded: the run has ended (${state})\n`,
  ),
  approve: decides('approve', ['reason']),
  deny: decides('deny', ['reason']),
  done: decides('done', ['result']),
  retry: decides('retry', []),
  skip: decides('skip', []),
  'cancel-call': { wantsTask: true, wantsCall: true, flags: [], run: cancelCall },
};

function onTask(
  method: 'GET' | 'POST' | 'DELETE',
  path: (id: string) => string,
  format: (reply: JsonObject, now: number) => string,
): TaskVerb {
  return {
    wantsTask: true,
    flags: [],
    async run({ server, taskId, signal, json, terminal }) {
      const reply = await callApi({ ...server, method, path: path(encodeURIComponent(taskId)), signal });
      terminal.write(json ? `${JSON.stringify(reply)}\n` : format(reply, Date.now()));
    },
  };
}

function decides(decision: string, flags: readonly string[]): TaskVerb {
  return { wantsTask: true, flags: ['call', ...flags], run: (act) => decideCall(act, decision) };
}

async function cancelCall({ server, taskId, callId, signal, json, terminal }: TaskAct): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(taskId)}/toolCalls/${encodeURIComponent(callId)}/cancel`;
  const reply = await callApi({ ...server, method: 'POST', path, signal });
  terminal.write(json ? `${JSON.stringify(reply)}\n` : `canceled: call ${callId}; the run goes on without its result\n`);
}

/** Page after page, so that neither side holds all of them. */
async function listRuns({ server, signal, json, terminal, flag }: TaskAct): Promise<void> {
  const status = flag('status');
  let cursor: string | undefined;
  let isFirst = true;
  do {
    const query = new URLSearchParams({
      limit: '500',
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const reply = await callApi({ ...server, method: 'GET', path: `/api/checkpoints?${query}`, signal });
    const runs = (reply['checkpoints'] ?? []) as readonly JsonObject[];
    cursor = typeof reply['next_cursor'] === 'string' ? reply['next_cursor'] : undefined;
    if (json) terminal.write(runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
    else if (runs.length > 0) terminal.write(formatRuns(runs, { withHead: isFirst, now: Date.now() }));
    isFirst &&= runs.length === 0;
  } while (cursor !== undefined);
  if (isFirst && !json) terminal.writeError(status === undefined ? 'Every run has ended.\n' : `No run is ${status}.\n`);
}
