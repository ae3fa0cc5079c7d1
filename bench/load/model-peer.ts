/** A language model that streams as many chunks as the last message says, over OpenAI's Chat Completions. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunkText } from './chunk-text.js';

export interface ModelPeer {
  /** `base_url` for a client. */
  readonly url: string;
  close(): void;
}

export async function startModelPeer(): Promise<ModelPeer> {
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: string | readonly { text?: string }[] }[] };
    const content = messages.at(-1)?.content ?? '';
    await stream(response, Number(typeof content === 'string' ? content : content[0]?.text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function stream(response: ServerResponse, count: number): Promise<void> {
  const send = (choice: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'peer', choices: [choice] })}\n\n`,
    );
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < count; index++) {
    send({ index: 0, delta: { role: 'assistant', content: chunkText(index) }, finish_reason: null });
    // One after the other, as tokens come.
    await sleep(1);
  }
  send({ index: 0, delta: {}, finish_reason: 'stop' });
  response.end('data: [DONE]\n\n');
}
