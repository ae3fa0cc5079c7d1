import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { JsonObject } from '../../../src/base/json.js';
import { describeSource } from '../../../src/config/describe-source.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const load = (source: JsonObject) =>
  loadSettings({
    environment: { HOME: '/nowhere' },
    overrides: { databases: { shop: { driver: 'sqlite', database: 'shop.db' } }, document_stores: { docs: { source } } },
  }).documentStores['docs']?.source;

function problemsOf(source: JsonObject): readonly string[] {
  try {
    load(source);
    return [];
  } catch (error) {
    return error instanceof AppError ? error.problems.map(({ field, description }) => `${field}: ${description}`) : [String(error)];
  }
}

t.test('each type of source has its keys and defaults (RAG-01…08)', async (t) => {
  t.match(load({ type: 'sql', sql: { database: 'shop', tables: [{ table: 'a', columns: ['b'] }] } }), {
    maxFileBytes: 10_485_760,
    sql: { tables: [{ table: 'a', columns: ['b'], idColumn: 'id', updatedColumn: '', whereClause: '' }], query: '', maxRows: 0 },
  });
  t.match(load({ type: 'api', api: { url: 'https://x.example/v1', pagination: { type: 'cursor', max_pages: 0 } } }), {
    api: { method: 'GET', idField: 'id', timeoutMs: 30_000, maxRetries: 3, maxResponseSize: 10_485_760, allowPrivate: [] },
  });
  t.match(load({ type: 'api', api: { url: 'https://x.example/v1', pagination: { type: 'cursor', max_pages: 0 } } }), {
    api: { pagination: { pageParam: 'cursor', nextField: 'next_cursor', maxPages: 1_000, pageSize: 100, place: 'query' } },
  });
  t.match(load({ type: 'urls', urls: ['https://x.example/'] }), {
    crawler: { followLinks: true, maxDepth: 3, maxPages: 1_000, robots: true, sitemaps: false, delayMs: 200, allowPrivate: [] },
  });
  t.match(load({ type: 's3', s3: { bucket: 'b', endpoint: 'http://minio:9000', path_style: true } }), {
    s3: { bucket: 'b', region: 'us-east-1', pathStyle: true, accessKey: '', maxRetries: 3 },
  });
  t.match(load({ type: 'collection', collection: 'c' }), { collection: 'c', textField: 'text', titleField: 'title', pathField: 'source' });
});

t.test('what a type lacks, or what is of another, is a problem with its path', async (t) => {
  for (const [source, problem] of [
    [{ type: 'sql' }, /^document_stores\.docs\.source\.sql: missing/],
    [{ type: 'directory', path: 'x', urls: ['https://x.example/'] }, /source\.urls: only sources of 'type: urls' have it/],
    [{ type: 'sql', sql: { database: 'nowhere', tables: [{ table: 'a', columns: ['b'] }] } }, /source\.sql\.database/],
    [{ type: 'sql', sql: { database: 'shop' } }, /sql\.tables: missing/],
    [{ type: 'sql', sql: { database: 'shop', query: 'SELECT 1' } }, /sql\.content_columns: missing/],
    [
      { type: 'sql', sql: { database: 'shop', query: 'SELECT 1', tables: [{ table: 'a', columns: ['b'] }] } },
      /sql\.query: there are tables, too/,
    ],
    [
      {
        type: 'sql',
        sql: {
          database: 'shop',
          tables: [
            { table: 'a', columns: ['b'] },
            { table: 'A', columns: ['c'] },
          ],
        },
      },
      /tables\[?\.?1\]?\.table: 'a' stands here twice/,
    ],
    [{ type: 'api', api: { url: 'ftp://x' } }, /api\.url/],
    [{ type: 'api', api: { url: 'https://x.example', auth: { type: 'bearer' } } }, /api\.auth\.token: missing/],
    [{ type: 'api', api: { url: 'https://x.example', body: { a: 1 } } }, /api\.body: is sent with 'method: POST' only/],
    [{ type: 'api', api: { url: 'https://x.example', allow_private: ['10.0.0.0/33'] } }, /api\.allow_private/],
    [{ type: 'urls', urls: [] }, /source\.urls/],
    [{ type: 'urls', urls: ['https://x.example'], crawler: { allowed_hosts: ['https://y.example'] } }, /crawler\.allowed_hosts/],
    [{ type: 's3', s3: { bucket: 'b', access_key: 'x' } }, /s3\.secret_key: missing/],
  ] as const)
    t.match(problemsOf(source).join('\n'), problem);
});

t.test('a source is described in a line without credentials', async (t) => {
  const describe = (source: JsonObject) => describeSource(load(source) as never);
  t.equal(describe({ type: 'api', api: { url: 'https://ada:secret@x.example/v1?key=secret' } }).includes('secret'), false);
  t.equal(describe({ type: 's3', s3: { bucket: 'b', prefix: 'p/' } }), 's3://b/p/');
  t.equal(describe({ type: 'sql', sql: { database: 'shop', tables: [{ table: 'a', columns: ['b'] }] } }), 'a in databases.shop');
});
