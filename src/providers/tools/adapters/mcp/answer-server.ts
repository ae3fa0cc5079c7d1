/** What a server may ask of us: its roots, and texts of a model. What is not configured is not declared, and no server may ask for it. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { McpSdk } from './load-sdk.js';
import type { Sample } from './sample.js';

export interface AnswerServerOptions {
  readonly settings: Pick<McpToolSettings, 'roots'>;
  readonly sample?: Sample | undefined;
  readonly sdk: McpSdk;
}

export function capabilitiesOf({ settings: { roots }, sample }: AnswerServerOptions): ClientCapabilities {
  return { ...(roots.length === 0 ? {} : { roots: { listChanged: false } }), ...(sample === undefined ? {} : { sampling: {} }) };
}

export function answerServer(client: Client, { settings: { roots }, sample, sdk }: AnswerServerOptions): void {
  if (roots.length > 0) {
    const list = roots.map((folder) => ({ uri: pathToFileURL(folder).href, name: path.basename(folder) }));
    client.setRequestHandler(sdk.ListRoots, () => ({ roots: list }));
  }
  if (sample !== undefined)
    client.setRequestHandler(sdk.CreateMessage, async ({ params }, { signal }) => await sample(params, sdk, signal));
}
