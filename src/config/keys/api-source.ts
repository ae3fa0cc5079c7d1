/** `document_stores.<name>.source.api` (RAG-05). */
import { choice, duration, freeForm, integer, list, named, object, optional, type Static, text } from '../schema-builder.js';
import type { ApiSourceSettings } from '../source-settings.js';
import { privatePlaces } from './private-places.js';

const FIELD = text('Names with dots between them, as in author.name.', { minLength: 1 });

const AuthSchema = object(
  {
    type: choice(['bearer', 'basic', 'apikey'], 'How the service knows who asks.', { 'x-aliases': { api_key: 'apikey' } }),
    token: text('With bearer: sent as Authorization: Bearer …', { default: '', writeOnly: true }),
    username: text('With basic.', { default: '' }),
    password: text('With basic.', { default: '', writeOnly: true }),
    api_key: text('With apikey.', { default: '', writeOnly: true }),
    name: text('With apikey: header or parameter that carries it.', { default: 'X-API-Key', minLength: 1 }),
    place: choice(['header', 'query'], 'With apikey: where it goes.', { default: 'header' }),
  },
  'Credentials; no redirect to another host gets them.',
);

const PaginationSchema = object(
  {
    type: choice(['offset', 'page', 'cursor', 'link'], 'How the next page is asked for: link follows an address that the answer gives.'),
    page_param: optional(text('Parameter of the offset, the page or the cursor. Default: as type says.', { minLength: 1 })),
    size_param: text("Parameter of the page's size; '' sends none.", { default: 'limit' }),
    page_size: integer('Items per page.', { default: 100, minimum: 1, maximum: 100_000 }),
    max_pages: integer('Pages of one scan; what is behind them is unknown, and that is reported. 0 = 1000.', {
      default: 1_000,
      minimum: 0,
    }),
    first_page: integer('With page: number of the first one.', { default: 1, minimum: 0 }),
    next_field: text('Where the answer has the next cursor or address. Default for cursor: next_cursor; for link: the header Link.', {
      default: '',
    }),
    data_field: text('Where a page has its items; goes before response_path.', { default: '' }),
    place: choice(['query', 'body'], 'Where the parameters go.', { default: 'query' }),
  },
  'How a list in several answers is read.',
);

export const ApiSourceSchema = object(
  {
    url: text('Address of the list.', { pattern: '^https?://', 'x-form': 'an address that begins with http:// or https://' }),
    method: choice(['GET', 'POST'], 'Method; the request must change nothing.', { default: 'GET' }),
    headers: named(text('Value of the header.', { writeOnly: true }), 'Headers of every request.', {
      type: 'string',
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      maxLength: 256,
      'x-form': 'the name of a header',
    }),
    params: named(text('Value.'), 'Parameters of every request.', { type: 'string', maxLength: 256 }),
    body: optional(freeForm('JSON that is sent with POST.')),
    auth: optional(AuthSchema),
    response_path: text('Where the answer has its list: names with dots between them. Default: the answer is the list.', { default: '' }),
    id_field: text('What tells items apart.', { default: 'id', minLength: 1 }),
    content_field: optional(text('The text, where it is one field.', { minLength: 1 })),
    content_fields: list(FIELD, 'The text, where it is several, in order. Default: the whole item as JSON.', { default: [] }),
    metadata_fields: list(FIELD, 'What searches can filter by.', { default: [] }),
    updated_field: text('Changes whenever the item does, such as a time of change.', { default: '' }),
    pagination: optional(PaginationSchema),
    timeout: duration('Longest wait for one answer.', { default: 30_000, minimum: 100 }),
    max_retries: integer('Further tries of a request that met a failing network, 429 or 5xx.', { default: 3, minimum: 0, maximum: 20 }),
    max_response_size: integer('Largest answer, decompressed, bytes.', { default: 10_485_760, minimum: 1, maximum: 268_435_456 }),
    allow_private: privatePlaces(
      'What may be asked although it is not public: loopback, private and link-local networks are refused otherwise.',
    ),
  },
  'Items of a JSON API.',
);

const PAGE_PARAMS = { offset: 'offset', page: 'page', cursor: 'cursor', link: 'page' } as const;

export function resolveApiSource(api: Static<typeof ApiSourceSchema>): ApiSourceSettings['api'] {
  const { pagination } = api;
  return {
    url: api.url,
    method: api.method,
    headers: api.headers,
    params: api.params,
    body: api.body,
    auth:
      api.auth === undefined
        ? undefined
        : {
            type: api.auth.type,
            token: api.auth.token,
            username: api.auth.username,
            password: api.auth.password,
            apiKey: api.auth.api_key,
            name: api.auth.name,
            place: api.auth.place,
          },
    responsePath: api.response_path,
    idField: api.id_field,
    contentFields: api.content_field === undefined ? api.content_fields : [api.content_field, ...api.content_fields],
    metadataFields: api.metadata_fields,
    updatedField: api.updated_field,
    pagination:
      pagination === undefined
        ? undefined
        : {
            type: pagination.type,
            pageParam: pagination.page_param ?? PAGE_PARAMS[pagination.type],
            sizeParam: pagination.size_param,
            pageSize: pagination.page_size,
            maxPages: pagination.max_pages || 1_000,
            firstPage: pagination.first_page,
            nextField: pagination.next_field === '' && pagination.type === 'cursor' ? 'next_cursor' : pagination.next_field,
            dataField: pagination.data_field,
            place: pagination.place,
          },
    timeoutMs: api.timeout,
    maxRetries: api.max_retries,
    maxResponseSize: api.max_response_size,
    allowPrivate: api.allow_private,
  };
}
