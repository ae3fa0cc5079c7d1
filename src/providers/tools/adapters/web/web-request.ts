/**
 * `web_request` (TOOL-17). A tool has one effect (R7), and this one's is that of the worst it may do: `once`, and `pure` when the
 * configuration allows only methods that change nothing.
 */
import type { JsonObject } from '../../../../base/json.js';
import type { WebLimits } from '../../../../config/settings.js';
import type { Tool, ToolResult } from '../../contract.js';
import { describeBody } from './describe-body.js';
import { type Exchange, isSafe, type WebAnswer } from './exchange.js';
import { checkHeaders } from './request-headers.js';
import { refused } from './url-rules.js';

type RequestLimits = Pick<WebLimits, 'allowedMethods' | 'maxRequestBytes'>;

export function createWebRequestTool(limits: RequestLimits, exchange: Exchange): Tool {
  const { allowedMethods, maxRequestBytes } = limits;
  return {
    name: 'web_request',
    description: `Sends one HTTP request and returns status, headers and body. Methods: ${allowedMethods.join(', ')}.`,
    parameters: {
      type: 'object',
      properties: {
        url: { type: 'string', minLength: 1, maxLength: 8_192, description: 'http or https' },
        method: { type: 'string', enum: [...allowedMethods], ...(allowedMethods.includes('GET') ? { default: 'GET' } : {}) },
        headers: { type: 'object', additionalProperties: { type: 'string' }, default: {}, description: 'Header names and values' },
        body: { type: 'string', description: `Sent as it is; at most ${maxRequestBytes} bytes` },
      },
      required: allowedMethods.includes('GET') ? ['url'] : ['url', 'method'],
      additionalProperties: false,
    },
    effect: allowedMethods.every(isSafe) ? 'pure' : 'once',
    requiresApproval: true,
    approvalPrompt: 'Send this request?\n{method} {url}\n{headers}\n{body}',
    async execute(args, { signal, idempotencyKey }) {
      const method = args['method'] as string;
      const body = args['body'] as string | undefined;
      // GET with a body means nothing that servers agree on, and gets past what looks at the first request only.
      if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw refused(`a ${method} has no body; leave it out`);
      const bytes = Buffer.byteLength(body ?? '');
      if (bytes > maxRequestBytes) throw refused(`the body has ${bytes} bytes; at most ${maxRequestBytes} are sent (max_request_bytes)`);
      const written = checkHeaders(args['headers'] as JsonObject);
      const headers = isSafe(method) ? written : { 'idempotency-key': idempotencyKey, ...written };
      return describeAnswer(
        await exchange({ url: args['url'] as string, method, headers, ...(body === undefined ? {} : { body }) }, signal),
      );
    },
  };
}

function describeAnswer(answer: WebAnswer): ToolResult {
  const { status, statusText, headers, url, notes } = answer;
  const { text, file } = describeBody(answer);
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((line) => `${name}: ${line.slice(0, MAX_HEADER_LENGTH)}`),
  );
  return {
    content: [
      `HTTP ${status} ${statusText}`.trim(),
      ...lines.slice(0, MAX_HEADER_LINES),
      ...notes.map((note) => `[${note}]`),
      '',
      text,
    ].join('\n'),
    ...(status >= 400 ? { isError: true } : {}),
    ...(file === undefined ? {} : { files: [file] }),
    data: { url: url.href, status, bytes: answer.body.length, is_cut: answer.isCut },
  };
}

const MAX_HEADER_LINES = 100;
const MAX_HEADER_LENGTH = 2_000;
