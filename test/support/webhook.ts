/** A webhook that records what it is sent and answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Notification {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly body: any;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Status to answer with, or everything by hand; the notification counts as received either way. */
export type Answer = number | ((request: IncomingMessage, response: ServerResponse) => void);

export interface Webhook {
  readonly url: string;
  readonly received: readonly Notification[];
  /** Of the n-th notification, from 1. Default 200. */
  answer: (notification: Notification, n: number) => Answer;
  /** Resolves when what was received satisfies `isEnough`. */
  until(isEnough: (received: readonly Notification[]) => boolean): Promise<void>;
}

export async function startWebhook(t: { teardown(run: () => unknown): unknown }, host = '127.0.0.1'): Promise<Webhook> {
  const received: Notification[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const notification = { method, path: url, headers, body: JSON.parse(Buffer.concat(chunks).toString()), at: Date.now() };
      received.push(notification);
      const answer = webhook.answer(notification, received.length);
      if (typeof answer === 'function') answer(request, response);
      else response.writeHead(answer).end();
      for (const look of waiting) look();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const webhook: Webhook = {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: () => 200,
    until: (isEnough) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isEnough(received)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
  return webhook;
}

/** What a notification tells, in one word: `task`, a state, or the text of an artifact. */
export function briefly({ body }: Notification): string {
  if (body.task !== undefined) return `task ${body.task.status.state}`;
  if (body.statusUpdate !== undefined) return body.statusUpdate.status.state;
  return `artifact ${body.artifactUpdate.artifact.parts.map((part: { text?: string }) => part.text ?? '').join('')}`;
}

export function isEnded(received: readonly Notification[]): boolean {
  return received.some((notification) => /COMPLETED|FAILED|CANCELED|REJECTED/.test(briefly(notification)));
}
