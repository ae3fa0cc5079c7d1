import t from 'tap';
import { createOperations } from '../../../../src/a2a/operations.js';
import type { PushPorts } from '../../../../src/a2a/push/push-ports.js';
import type { PushConfigInput } from '../../../../src/tasks/push-config-store.js';
import { startProtocolServer, userMessage } from '../../../support/protocol-server.js';
import { agentSettings } from '../../../support/test-settings.js';

t.test('a webhook that comes with a message begins where the task was accepted, however far it is by then (S9)', async (t) => {
  const server = startProtocolServer(t);
  const saved: PushConfigInput[] = [];
  const push = {
    store: {
      list: async () => [],
      async save(input: PushConfigInput) {
        saved.push(input);
        return { type: 'saved', config: input };
      },
    },
    guard: { assertHost: async () => undefined },
    secrets: { seal: (text: string) => text },
    announce() {},
  } as unknown as PushPorts;
  const { acceptMessage } = server.dependencies;
  const operations = createOperations({
    ...server.dependencies,
    push,
    async acceptMessage(input) {
      const task = await acceptMessage(input);
      await (await server.run(task.id)).finish('done already');
      return task;
    },
  });
  const call = {
    ...{ agent: 'helper', agentSettings: agentSettings(), principal: { subject: 'local', authenticated: true }, tenant: '', baseUrl: '' },
    ...{ signal: new AbortController().signal, extensions: new Set<string>(), lastEventId: undefined },
  };
  const configuration = { taskPushNotificationConfig: { url: 'https://example.com/hook' } };
  const answer = (await operations.sendMessage({ message: userMessage('question'), configuration }, call)) as { task: { id: string } };
  t.match(saved, [{ taskId: answer.task.id, startSeq: 1 }]);
  t.ok(((await server.store.find(answer.task.id, undefined))?.seq ?? 0) > 1);
});
