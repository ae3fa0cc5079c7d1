/** Push notifications over the whole server, to webhooks that listen. */
import t from 'tap';
import { rpc, userMessage } from '../support/a2a-client.js';
import { startTestHector } from '../support/start-hector.js';
import { briefly, isEnded, startWebhook } from '../support/webhook.js';

const CONFIG = {
  agents: { assistant: { instruction: 'Answer briefly.' } },
  server: {
    a2a: { push: { allow_private: ['127.0.0.0/8'], first_retry_ms: '50ms', max_retry_ms: '300ms', timeout_ms: '500ms', max_attempts: 4 } },
  },
};

t.test('a webhook that comes with the message gets every event, in order (S9, P6, P9, P12)', async (t) => {
  const hector = await startTestHector(t, { config: CONFIG });
  const webhook = await startWebhook(t);
  const sent = await rpc(`${hector.url}/agents/assistant`, 'SendMessage', {
    message: userMessage('Hello'),
    configuration: { taskPushNotificationConfig: { url: webhook.url } },
  });
  const task = sent.body.result?.task;
  await webhook.until(isEnded);
  t.same(
    webhook.received.map((notification) => briefly(notification).replace(/artifact .*/s, 'artifact')),
    ['task TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'artifact', 'TASK_STATE_COMPLETED'],
  );
  for (const { method, path, headers, body } of webhook.received) {
    t.equal(method, 'POST');
    t.equal(path, '/hook');
    t.equal(headers['content-type'], 'application/a2a+json');
    t.equal(headers['a2a-version'], '1.0');
    t.equal(Object.keys(body).length, 1, 'one StreamResponse');
    t.equal(body.task?.id ?? body.statusUpdate?.taskId ?? body.artifactUpdate?.taskId, task?.id);
  }
});
