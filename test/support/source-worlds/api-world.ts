import type { ApiSettings } from '../../../src/config/source-settings.js';
import { startWebPeer, type WebPeerAnswer } from '../web-peer.js';
import { MAX_DOCUMENT_BYTES, type OpenWorld } from './source-world.js';

export const API_SETTINGS: Omit<ApiSettings, 'url'> = {
  method: 'GET',
  headers: {},
  params: {},
  body: undefined,
  auth: undefined,
  responsePath: '',
  idField: 'id',
  contentFields: ['text'],
  metadataFields: [],
  updatedField: '',
  pagination: undefined,
  timeoutMs: 10_000,
  maxRetries: 0,
  maxResponseSize: 1_000_000,
  allowPrivate: ['127.0.0.1'],
};

export const PAGINATION = {
  pageParam: 'page',
  sizeParam: 'limit',
  pageSize: 3,
  maxPages: 100,
  firstPage: 1,
  nextField: '',
  dataField: '',
  place: 'query',
} as const;

export const openApiWorld: OpenWorld = async (t) => {
  const items = new Map<string, { id: string; text?: string; tag: string }>();
  let isBroken = false;
  let silence: Promise<void> | undefined;
  const answer: WebPeerAnswer = async ({ path }, response) => {
    await silence;
    const page = Number(new URL(path, 'http://x').searchParams.get('page'));
    const all = [...items.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (isBroken && page > 1) response.writeHead(500).end();
    else response.end(JSON.stringify({ data: { rows: all.slice((page - 1) * 3, page * 3) } }));
  };
  const peer = await startWebPeer(t, answer);
  const pagination = { ...PAGINATION, type: 'page' } as const;
  const api = { ...API_SETTINGS, url: `${peer.url}/v1/articles`, responsePath: 'data.rows', metadataFields: ['tag'], pagination };
  return {
    settings: { type: 'api', api, maxFileBytes: MAX_DOCUMENT_BYTES },
    id: (name) => `api:/v1/articles:${name}`,
    put: (name, text) => items.set(name, { id: name, text, tag: 'news' }),
    remove: (name) => items.delete(name),
    spoil: (name) => items.set(name, { id: name, tag: 'news' }),
    breakListing: (broken) => {
      isBroken = broken;
    },
    async fallSilent() {
      let speak = () => {};
      silence = new Promise((resolve) => {
        speak = resolve;
      });
      return async () => {
        silence = undefined;
        speak();
      };
    },
  };
};
