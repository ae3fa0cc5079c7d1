/** The official JS SDK's own server as a remote agent: what it does stands in the message. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentCard, Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface SdkPeer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Messages that the agent was given, as `id: text`. */
  readonly messages: readonly { readonly id: string; readonly text: string; readonly taskId: string; readonly contextId: string }[];
  readonly canceled: readonly string[];
  /** Lets a run that was asked to `hold` go on. */
  release(): void;
}

export interface SdkPeerOptions {
  readonly version?: '1.0' | '0.3';
  readonly binding?: 'JSONRPC' | 'HTTP+JSON';
  readonly streaming?: boolean;
}

export async function startSdkPeer(t: { teardown(run: () => unknown): void }, options: SdkPeerOptions = {}): Promise<SdkPeer> {
  const { version = '1.0', binding = 'JSONRPC', streaming = true } = options;
  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const requests: SeenRequest[] = [];
  const messages: { id: string; text: string; taskId: string; contextId: string }[] = [];
  const canceled: string[] = [];
  let release = () => {};
  const executor: AgentExecutor = {
    async execute({ taskId, contextId, userMessage, task }, bus) {
      const parts = (Message.toJSON(userMessage) as { parts: { text?: string; data?: unknown; raw?: string; url?: string }[] }).parts;
      const text = parts.map((part) => part.text ?? '').join('');
      messages.push({ id: userMessage.messageId, text, taskId, contextId });
      const message = (said: string, more: object[] = []) => ({
        messageId: `said-${messages.length}-${said.length}`,
        role: 'ROLE_AGENT',
        taskId,
        contextId,
        parts: [{ text: said }, ...more],
      });
      const status = (state: string, said?: object) =>
        bus.publish(
          AgentEvent.statusUpdate(
            TaskStatusUpdateEvent.fromJSON({
              taskId,
              contextId,
              status: {
                state: `TASK_STATE_${state}`,
                timestamp: new Date().toISOString(),
                ...(said === undefined ? {} : { message: said }),
              },
            }),
          ),
        );
      const artifact = (artifactId: string, content: object[], append = false, lastChunk = true) =>
        bus.publish(
          AgentEvent.artifactUpdate(
            TaskArtifactUpdateEvent.fromJSON({ taskId, contextId, artifact: { artifactId, parts: content }, append, lastChunk }),
          ),
        );
      if (text === 'message') {
        bus.publish(
          AgentEvent.message(Message.fromJSON({ messageId: 'direct', role: 'ROLE_AGENT', contextId, parts: [{ text: 'just this' }] })),
        );
        bus.finished();
        return;
      }
      // A continued task begins as it was: with the question that this message answers.
      const begun = { id: taskId, contextId, status: { state: 'TASK_STATE_SUBMITTED' }, history: [Message.toJSON(userMessage)] };
      bus.publish(AgentEvent.task(task ?? Task.fromJSON(begun)));
      status('WORKING');
      if (text === 'ask') status('INPUT_REQUIRED', message('Which colour?', [{ data: { choices: ['red', 'blue'] } }]));
      else if (text === 'auth') status('AUTH_REQUIRED', message('Log in first'));
      else if (text === 'fail') status('FAILED', message('out of ink'));
      else if (text === 'cancel') status('CANCELED', message('called off'));
      else if (text === 'reject') status('REJECTED', message('not my trade'));
      else {
        if (text === 'hold') {
          artifact('report', [{ text: 'first ' }], false, false);
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          artifact('report', [{ text: 'second' }], true, true);
        } else if (text === 'all') {
          status('WORKING', message('on my way'));
          artifact('report', [{ text: 'one ' }], false, false);
          artifact('report', [{ text: 'two' }], true, true);
          artifact('numbers', [{ data: { sum: 3 } }, { raw: 'aGk=', filename: 'hi.txt', mediaType: 'text/plain' }]);
        } else artifact('report', [{ text: `you said: ${text}` }, ...parts.filter((part) => part.text === undefined)]);
        status('COMPLETED');
      }
      bus.finished();
    },
    async cancelTask(taskId, bus) {
      canceled.push(taskId);
      release();
      bus.publish(
        AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, contextId: '', status: { state: 'TASK_STATE_CANCELED' } })),
      );
      bus.finished();
    },
  };
  const card = AgentCard.fromJSON({
    name: 'peer',
    description: 'Does what it is told',
    version: '1.0.0',
    supportedInterfaces: [{ url: `${url}/a2a`, protocolBinding: binding, protocolVersion: version }],
    capabilities: { streaming },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'echo', name: 'echo', description: 'echo', tags: ['echo'] }],
  });
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  const userBuilder = UserBuilder.noAuthentication;
  const legacyCompat = { enabled: version === '0.3' };
  app.use((request, _response, next) => {
    const seen = { method: request.method, path: request.path, headers: request.headers, body: '' };
    requests.push(seen);
    request.on('data', (chunk: Buffer) => {
      seen.body += chunk.toString();
    });
    next();
  });
  if (version === '0.3')
    app.get('/.well-known/agent.json', (_request, response) => {
      response.json({
        protocolVersion: '0.3.0',
        name: 'peer',
        description: 'Does what it is told',
        version: '1.0.0',
        url: `${url}/a2a`,
        preferredTransport: binding,
        capabilities: { streaming },
        defaultInputModes: ['text/plain'],
        defaultOutputModes: ['text/plain'],
        skills: [],
      });
    });
  else app.use('/.well-known/agent-card.json', agentCardHandler({ agentCardProvider: requestHandler }));
  app.use('/a2a', (binding === 'JSONRPC' ? jsonRpcHandler : restHandler)({ requestHandler, userBuilder, legacyCompat }));
  return { url, requests, messages, canceled, release: () => release() };
}
