/** What a webhook is sent: pure, from the run log to one POST (P6–P8, P12). */
import type { StreamResponse } from '../../protocol/a2a.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { PushConfig } from '../../tasks/push-config-store.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import { JSON_RPC_FORM } from '../legacy/json-rpc-form.js';
import { toLegacyEvent } from '../legacy/to-legacy.js';
import { projectTask, wireStatus } from '../project-task.js';
import type { PushSecrets } from './push-secrets.js';

/** One event as a client without previews sees it; `undefined` for those that no client sees. */
export function projectPush(event: TaskEvent): StreamResponse | undefined {
  const { taskId, contextId } = event;
  switch (event.type) {
    case 'task.created':
      return { task: projectTask([event]) };
    case 'message.added':
      return undefined;
    case 'status.changed':
      return {
        statusUpdate: {
          taskId,
          contextId,
          status: wireStatus(event),
          ...(event.metadata === undefined ? {} : { metadata: event.metadata }),
        },
      };
    case 'artifact.updated': {
      const { artifact, append, lastChunk } = event;
      return { artifactUpdate: { taskId, contextId, artifact, ...(append ? { append } : {}), ...(lastChunk ? { lastChunk } : {}) } };
    }
  }
}

export interface PushRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A webhook that 0.3 registered knows Tasks only: each event is told as the Task that it leaves behind. */
export function wantsTasks({ wireVersion }: PushConfig): boolean {
  return wireVersion === '0.3';
}

/** @throws AppError `PUSH_SECRET_UNREADABLE` */
export function toPushRequest(response: StreamResponse, config: PushConfig, secrets: PushSecrets): PushRequest {
  const token = secrets.open(config.token);
  const credentials = secrets.open(config.credentials);
  const isLegacy = wantsTasks(config);
  return {
    headers: {
      ...(isLegacy
        ? { 'content-type': 'application/json' }
        : { 'content-type': 'application/a2a+json', 'a2a-version': config.wireVersion }),
      ...(token === '' ? {} : { 'x-a2a-notification-token': token }),
      ...(config.scheme === '' ? {} : { authorization: credentials === '' ? config.scheme : `${config.scheme} ${credentials}` }),
    },
    body: JSON.stringify(isLegacy ? toLegacyEvent(response, JSON_RPC_FORM, isTerminal) : response),
  };
}
