/**
 * A canceled run's remote tasks are canceled, too (R6), also when no worker has the run: it waits, or its worker has died. Best effort: the
 * run has ended whatever comes of it. A worker that still sends the message when the cancel comes sees to that by itself (`remote-call.ts`).
 */
import { describeError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { ToolCallStore } from '../../tasks/tool-call.js';
import { readReference } from './message-effect.js';
import type { RemotePeer } from './remote-peer.js';

export interface ForwardCancelPorts {
  readonly store: Pick<ToolCallStore, 'toolCalls'>;
  readonly findPeer: (configVersion: string, agent: string) => Promise<RemotePeer | undefined>;
  readonly log: Logger;
}

export function createForwardCancel({ store, findPeer, log }: ForwardCancelPorts): (run: TaskRecord) => void {
  const forward = async ({ id, configVersion }: TaskRecord) => {
    const rows = await store.toolCalls(id, { newest: MAX_CALLS });
    const references = rows.flatMap((row) => readReference(row) ?? []);
    // Several messages may have gone to one task.
    const tasks = new Map(references.map((reference) => [`${reference.agent} ${reference.taskId}`, reference]));
    for (const { agent, taskId } of tasks.values()) await (await findPeer(configVersion, agent))?.cancel(taskId);
  };
  return (run) => {
    forward(run).catch((error: unknown) => {
      log.warn({ taskId: run.id, reason: describeError(error) }, 'a cancel was not passed on to remote agents');
    });
  };
}

const MAX_CALLS = 100;
