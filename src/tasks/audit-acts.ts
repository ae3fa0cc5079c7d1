/** What callers do to runs, for the audit (SEC-16). */
import type { Audit } from '../observe/audit.js';
import { errorType } from '../observe/error-type.js';
import type { AcceptMessage } from './accept-message.js';
import type { CancelTask } from './cancel-task.js';

export function auditAccept(accept: AcceptMessage, audit: Audit): AcceptMessage {
  return async (request) => {
    const { agent, owner: user } = request;
    try {
      const task = await accept(request);
      audit.record({ action: 'agent.request', user, success: true, agent, taskId: task.id });
      return task;
    } catch (error) {
      audit.record({ action: 'agent.request', user, success: false, agent, error: errorType(error) });
      throw error;
    }
  };
}

export function auditCancel(cancel: CancelTask, audit: Audit): CancelTask {
  return async (taskId, user, message) => {
    try {
      const task = await cancel(taskId, user, message);
      audit.record({ action: 'agent.cancel', user, success: true, agent: task.agent, taskId });
      return task;
    } catch (error) {
      audit.record({ action: 'agent.cancel', user, success: false, taskId, error: errorType(error) });
      throw error;
    }
  };
}
