/**
 * Who reads a document, best first: parsers outside at their priority, extractors of our own (5), plain text (1); the next one when
 * one fails (RAG-10). What nobody reads is an error with every reason.
 */
import { AppError, describeError, toAppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { PreparedDocument, PrepareRequest } from '../../threads/messages.js';
import { type DocumentParser, type DocumentToParse, NATIVE_PRIORITY, TEXT_PRIORITY } from './document-parser.js';

export interface ChainOptions {
  readonly parsers: readonly DocumentParser[];
  /** On a thread; takes the request's buffer away. */
  readonly prepare: (request: PrepareRequest) => Promise<PreparedDocument>;
  readonly log: Logger;
}

export async function prepareByChain(
  { parsers, prepare, log }: ChainOptions,
  document: DocumentToParse,
  request: PrepareRequest,
  signal: AbortSignal,
): Promise<PreparedDocument> {
  const accepting = parsers.filter((parser) => parser.accepts(document));
  if (accepting.length === 0) return await prepare(request);
  // No parser is asked about what is indexed already.
  const contentHash = request.knownHash === '' ? '' : await hashOf(request.content);
  if (contentHash !== '' && contentHash === request.knownHash) return { type: 'unchanged', contentHash };

  // A thread empties the buffer that it is given.
  const copy = () => ({ ...request, content: request.content.slice() });
  const steps = [
    ...accepting.map((parser) => ({
      ...{ name: parser.name, priority: parser.priority },
      read: async () => await prepare({ ...copy(), parsed: await parser.parse(document, signal) }),
    })),
    { name: 'native', priority: NATIVE_PRIORITY, read: () => prepare({ ...copy(), by: 'native' }) },
    { name: 'text', priority: TEXT_PRIORITY, read: () => prepare({ ...copy(), by: 'text' }) },
  ];
  steps.sort((one, other) => other.priority - one.priority);
  const failures: AppError[] = [];
  for (const { name, read } of steps) {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      failures.push(toAppError(error, 'DOCUMENT_PARSER_FAILED'));
      log.warn({ document: document.id, parser: name }, describeError(error));
    }
  }
  const [first] = failures;
  const reasons = [...new Set(failures.map(({ message }) => message))].join('; ');
  throw new AppError(first?.code ?? 'DOCUMENT_PARSER_FAILED', { message: reasons, cause: first });
}

async function hashOf(content: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', content as Uint8Array<ArrayBuffer>)).toString('hex');
}
