import t, { type Test } from 'tap';
import type { AppError } from '../../../src/base/errors.js';
import type { ApiPaginationSettings, ApiSettings } from '../../../src/config/source-settings.js';
import { createSource } from '../../../src/knowledge/sources/create-source.js';
import { createQuickClock } from '../../support/quick-clock.js';
import { readScan, readText } from '../../support/read-scan.js';
import { API_SETTINGS, PAGINATION } from '../../support/source-worlds/api-world.js';
import { startWebPeer, type WebPeerAnswer, type WebPeerRequest } from '../../support/web-peer.js';

const ITEMS = Array.from({ length: 7 }, (_, index) => ({ id: index + 1, text: `Item ${index + 1}.` }));
const IDS = ITEMS.map(({ id }) => `api:/list:${id}`);

async function openApi(t: Test, answer: WebPeerAnswer, changed: Partial<ApiSettings> = {}) {
  const peer = await startWebPeer(t, answer);
  const clock = createQuickClock();
  const open = (more: Partial<ApiSettings> = {}) => {
    const api = { ...API_SETTINGS, url: `${peer.url}/list`, ...changed, ...more };
    return createSource({ type: 'api', api, maxFileBytes: 1_000 }, { store: 'docs', clock });
  };
  return { peer, clock, open, scan: (more: Partial<ApiSettings> = {}) => readScan(open(more), SIGNAL) };
}

const json = (body: unknown, headers: Record<string, string | string[]> = {}): WebPeerAnswer => {
  return (_, response) => response.writeHead(200, headers).end(JSON.stringify(body));
};
const queryOf = ({ path }: WebPeerRequest) => new URL(path, 'http://x').searchParams;

t.test('each form of pagination reads the list to its end, also where the service gives less than was asked for (RAG-05)', async (t) => {
  const slice = (from: number) => ITEMS.slice(from, from + 2);
  const forms: readonly [string, Partial<ApiPaginationSettings>, WebPeerAnswer][] = [
    [
      'offset',
      { type: 'offset', pageParam: 'skip' },
      (request, response) => response.end(JSON.stringify(slice(Number(queryOf(request).get('skip'))))),
    ],
    [
      'page',
      { type: 'page', firstPage: 0 },
      (request, response) => response.end(JSON.stringify(slice(2 * Number(queryOf(request).get('page'))))),
    ],
    [
      'page, with no page behind the last one',
      { type: 'page' },
      (request, response) => {
        const items = slice(2 * (Number(queryOf(request).get('page')) - 1));
        response.writeHead(items.length === 0 ? 404 : 200).end(JSON.stringify(items));
      },
    ],
    [
      'cursor',
      { type: 'cursor', pageParam: 'after', nextField: 'meta.next', dataField: 'rows' },
      (request, response) => {
        const from = Number(queryOf(request).get('after') ?? 0);
        const next = from + 2 < ITEMS.length ? from + 2 : null;
        response.end(JSON.stringify({ rows: slice(from), meta: { next } }));
      },
    ],
    [
      'cursor in a body',
      { type: 'cursor', pageParam: 'after', nextField: 'next', dataField: 'rows', place: 'body' },
      ({ body }, response) => {
        const { after = 0, kind } = JSON.parse(body);
        const next = after + 2 < ITEMS.length ? after + 2 : null;
        response.end(JSON.stringify({ rows: kind === 'all' ? slice(after) : [], next }));
      },
    ],
    [
      'link in the header',
      { type: 'link' },
      (request, response) => {
        const from = Number(queryOf(request).get('from') ?? 0);
        const links = [
          '<https://elsewhere/?a=1,2>; rel="prev up"',
          ...(from + 2 < ITEMS.length ? [`</list?from=${from + 2}>; title="a, b"; rel="last next"`] : []),
        ];
        response.writeHead(200, { link: links.join(', ') }).end(JSON.stringify(slice(from)));
      },
    ],
    [
      'link in the answer',
      { type: 'link', nextField: 'links.next', dataField: 'rows' },
      (request, response) => {
        const from = Number(queryOf(request).get('from') ?? 0);
        const next = from + 2 < ITEMS.length ? `?from=${from + 2}` : undefined;
        response.end(JSON.stringify({ rows: slice(from), links: { next } }));
      },
    ],
  ];
  for (const [name, form, answer] of forms) {
    const inBody = form.place === 'body';
    const pagination = { ...PAGINATION, type: 'page', ...form } as ApiPaginationSettings;
    const { open, scan } = await openApi(t, answer, { pagination, ...(inBody ? { method: 'POST', body: { kind: 'all' } } : {}) });
    const { documents, problems } = await scan();
    t.same(problems, [], name);
    t.same(
      documents.map(({ id }) => id),
      IDS,
      name,
    );
    const { content: _, ...last } = documents.at(-1) as (typeof documents)[number];
    t.equal(await readText(open(), last, SIGNAL), 'Item 7.', `${name}: found again without what the scan had`);
  }
});

t.test('credentials go where they are wanted, and to nobody else (SEC-14)', async (t) => {
  const { scan, peer } = await openApi(t, json([]), { headers: { 'X-Tenant': 'seven' }, params: { q: 'a b' } });
  const auth = { type: 'bearer', token: 'tok', username: 'ada', password: 'pä:ss', apiKey: 'key', name: 'X-Key', place: 'header' } as const;
  await scan({ auth });
  await scan({ auth: { ...auth, type: 'basic' } });
  await scan({ auth: { ...auth, type: 'apikey' } });
  await scan({ auth: { ...auth, type: 'apikey', name: 'key', place: 'query' } });
  t.match(
    peer.received.map(({ headers, path }) => [headers['x-tenant'], headers.authorization, headers['x-key'], path]),
    [
      ['seven', 'Bearer tok', undefined, '/list?q=a+b'],
      ['seven', `Basic ${Buffer.from('ada:pä:ss').toString('base64')}`, undefined, '/list?q=a+b'],
      ['seven', undefined, 'key', '/list?q=a+b'],
      ['seven', undefined, undefined, '/list?q=a+b&key=key'],
    ],
  );
  const other = await startWebPeer(t, json([]));
  const moving = await openApi(t, (_, response) => response.writeHead(302, { location: `${other.url}/list` }).end(), {
    auth,
    headers: { 'X-Tenant': 'seven' },
  });
  await moving.scan();
  t.notOk(other.received[0]?.headers.authorization ?? other.received[0]?.headers['x-tenant'], 'another origin gets none of it');
  const next = await openApi(t, json([{ id: 1, text: 'x' }], { link: `<${other.url}/more>; rel=next` }), {
    auth,
    pagination: { ...PAGINATION, type: 'link' },
  });
  const { documents, problems } = await next.scan();
  t.equal(documents.length, 1);
  t.match(problems, [{ id: '', isFolder: true, error: { message: /not to have the credentials/ } }]);
  t.equal(other.received.length, 1);
});

t.test('a failing service is asked again, when it says so; what stays wrong is an error without credentials in it', async (t) => {
  const statuses = [429, 503, 200];
  const { scan, clock } = await openApi(
    t,
    (_, response, n) => response.writeHead(statuses[n - 1] ?? 200, n === 1 ? { 'retry-after': '7' } : {}).end(JSON.stringify(ITEMS)),
    { maxRetries: 3 },
  );
  t.equal((await scan()).documents.length, 7);
  t.equal(clock.sleeps[0], 7_000, 'as Retry-After says');
  t.ok((clock.sleeps[1] ?? 0) > 0 && (clock.sleeps[1] ?? 0) <= 2_000);
  const auth = { type: 'apikey', token: '', username: '', password: '', apiKey: 'S3CRET', name: 'key', place: 'query' } as const;
  for (const [answer, message] of [
    [
      (_: unknown, response: { writeHead(status: number): { end(): void } }) => response.writeHead(401).end(),
      /answered 401; check source\.api\.auth/,
    ],
    [json({ items: [] }), /response_path leads to a value of type object/],
    [(_: unknown, response: { end(text: string): void }) => response.end('<html>'), /no JSON/],
    [(_: unknown, response: { destroy(): void }) => response.destroy(), /cannot be read/],
  ] as const) {
    const broken = await openApi(t, answer as WebPeerAnswer, { auth });
    const error: AppError = await broken.scan().then(
      () => t.fail('no error') as never,
      (thrown) => thrown,
    );
    t.match(error, { code: 'DOCUMENT_SOURCE_UNREADABLE', message });
    t.notMatch(error.message, /S3CRET/);
  }
});

t.test('a list that does not end, stands still or is too large says so, and takes nothing as deleted', async (t) => {
  const page = { ...PAGINATION, type: 'page' } as const;
  const endless = await openApi(t, (request, response) => response.end(JSON.stringify([{ id: queryOf(request).get('page'), text: 'x' }])), {
    pagination: { ...page, maxPages: 5 },
  });
  const { documents, problems } = await endless.scan();
  t.equal(documents.length, 5);
  t.match(problems, [{ id: '', isFolder: true, error: { message: /more than 5 pages.*max_pages/ } }]);
  const still = await openApi(t, json(ITEMS), { pagination: page });
  t.match((await still.scan()).problems, [{ id: '', error: { message: /two pages are the same/ } }]);
  const circle = await openApi(
    t,
    (_, response, n) => response.end(JSON.stringify({ rows: [{ id: n, text: 'x' }], next: n % 2 === 0 ? 'a' : 'b' })),
    {
      pagination: { ...page, type: 'cursor', nextField: 'next', dataField: 'rows' },
    },
  );
  t.match((await circle.scan()).problems, [{ id: '', error: { message: /was there before/ } }]);
  const large = await openApi(t, json(ITEMS), { maxResponseSize: 50 });
  await t.rejects(large.scan(), { code: 'DOCUMENT_TOO_LARGE' });
});

t.test('items without an id, without text or with too much of it fail alone', async (t) => {
  const items = [
    { text: 'nobody' },
    'no object',
    { id: 1 },
    { id: 2, text: 'x'.repeat(1_001) },
    { id: 3, text: 'good', author: { name: 'Ada' }, 'a.b': 1 },
  ];
  const { scan } = await openApi(t, json(items), { metadataFields: ['author.name', 'a.b', 'missing'] });
  const { documents, problems } = await scan();
  t.match(documents, [{ id: 'api:/list:3', metadata: { 'author.name': 'Ada', 'a.b': 1 } }]);
  t.notOk('missing' in (documents[0]?.metadata ?? {}));
  t.match(problems, [
    { id: 'api:/list:', error: { message: /no 'id'/ } },
    { id: 'api:/list:1', error: { message: /none of the fields text/ } },
    { id: 'api:/list:2', error: { code: 'DOCUMENT_TOO_LARGE' } },
  ]);
  const whole = await scan({ contentFields: [] });
  t.match(Buffer.from(whole.documents.find(({ id }) => id.endsWith(':3'))?.content?.bytes ?? []).toString(), /"name": "Ada"/);
});

t.test('a time of change is the version; without one, the text is', async (t) => {
  let item: object = { id: 1, text: 'one', changed: 5 };
  const { scan } = await openApi(t, (_, response) => response.end(JSON.stringify([item])));
  const versionOf = async (more: Partial<ApiSettings>) => (await scan(more)).documents[0]?.version;
  const [timed, hashed] = [await versionOf({ updatedField: 'changed' }), await versionOf({})];
  item = { id: 1, text: 'two', changed: 5 };
  t.equal(await versionOf({ updatedField: 'changed' }), timed);
  t.not(await versionOf({}), hashed);
  item = { id: 1, text: 'two', changed: 6 };
  t.not(await versionOf({ updatedField: 'changed' }), timed);
});

t.test('what only this machine can reach is not asked, unless it is allowed; nor is where a redirect leads (P10)', async (t) => {
  const { scan, peer } = await openApi(t, json(ITEMS));
  await t.rejects(scan({ allowPrivate: [] }), {
    code: 'ADDRESS_NOT_ALLOWED',
    message: /document_stores\.docs\.source\.api\.allow_private/,
  });
  t.equal(peer.received.length, 0);
  const moving = await openApi(t, (_, response) => response.writeHead(302, { location: 'http://[::1]:1/list' }).end());
  await t.rejects(moving.scan(), { code: 'ADDRESS_NOT_ALLOWED' });
});

const SIGNAL = new AbortController().signal;
