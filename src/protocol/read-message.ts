/** A client's `Message`, checked and in one form (D4, D6, E6). */
import { isJsonObject } from '../base/json.js';
import type { Message, Part } from './a2a.js';
import { FieldReader, kindOf, type Problems } from './field-reader.js';

export interface MessageLimits {
  /** Parts in one message. */
  readonly maxParts: number;
}

const CONTENT_FIELDS = ['text', 'raw', 'url', 'data'] as const;
const MAX_URL_LENGTH = 8192;

export function readMessage(fields: FieldReader, problems: Problems, limits: MessageLimits): Message {
  const messageId = fields.requiredId('messageId', 'is required: give every message an id of its own, for example a UUID');
  checkRole(fields);
  const contextId = fields.optionalText('contextId');
  const taskId = fields.optionalText('taskId');
  const parts = readParts(fields, problems, limits);
  const metadata = fields.struct('metadata');
  const extensions = fields.texts('extensions');
  const referenceTaskIds = fields.texts('referenceTaskIds');
  return {
    messageId,
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
    role: 'ROLE_USER',
    parts,
    ...(metadata === undefined ? {} : { metadata }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(referenceTaskIds === undefined ? {} : { referenceTaskIds }),
  };
}

/** Only users send messages to a server; `1` is the proto number of ROLE_USER (D2, D6). */
function checkRole(fields: FieldReader): void {
  const role = fields.value('role');
  if (role === 'ROLE_USER' || role === 1 || role === '1') return;
  const seen = role === undefined ? 'it is missing' : typeof role === 'object' ? kindOf(role) : `not ${JSON.stringify(role).slice(0, 40)}`;
  fields.problem('role', `must be "ROLE_USER" (${seen})`);
}

/** @param fields what has the member `parts` */
export function readParts(fields: FieldReader, problems: Problems, limits: MessageLimits): readonly Part[] {
  const value = fields.value('parts');
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    fields.problem('parts', 'must hold at least one part, for example {"text": "hello"}');
    return [];
  }
  const list = fields.list('parts') ?? [];
  if (list.length > limits.maxParts) {
    fields.problem('parts', `must hold at most ${limits.maxParts} parts (server.limits.max_message_parts), not ${list.length}`);
    return [];
  }
  return list.map((entry, index) => {
    const path = fields.at(`parts[${index}]`);
    if (isJsonObject(entry)) return readPart(new FieldReader(entry, path, problems), path, problems);
    problems.add(path, `must be an object, not ${kindOf(entry)}`);
    return {};
  });
}

function readPart(fields: FieldReader, path: string, problems: Problems): Part {
  // `null` unsets every member but `data`, where it is a value (D6).
  const given = CONTENT_FIELDS.filter((name) => (name === 'data' ? fields.has(name) : fields.value(name) !== undefined));
  if (given.length > 1 && given.includes('data') && fields.value('data') === undefined) given.splice(given.indexOf('data'), 1);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    const seen = given.length > 1 ? `not ${given.join(' and ')}` : 'none is given';
    problems.add(path, `must have exactly one of text, raw, url, data (${seen})`);
    return {};
  }
  const metadata = fields.struct('metadata');
  const filename = fields.optionalText('filename');
  const mediaType = fields.optionalText('mediaType');
  return {
    ...readContent(fields, kind),
    ...(metadata === undefined ? {} : { metadata }),
    ...(filename === undefined ? {} : { filename }),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}

function readContent(fields: FieldReader, kind: (typeof CONTENT_FIELDS)[number]): Part {
  switch (kind) {
    case 'text':
      return { text: fields.text('text') ?? '' };
    case 'data':
      return { data: fields.anyJson('data') };
    case 'url': {
      const url = fields.optionalText('url', MAX_URL_LENGTH);
      if (url === undefined && fields.value('url') === '') fields.problem('url', 'must not be empty');
      return { url: url ?? '' };
    }
    case 'raw': {
      const text = fields.text('raw');
      const raw = text === undefined ? '' : standardBase64(text);
      if (raw === undefined) fields.problem('raw', 'must be base64');
      return { raw: raw ?? '' };
    }
  }
}

/** Standard alphabet with padding, from the standard or the URL-safe one, padded or not (D6). */
export function standardBase64(text: string): string | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/_-]*$/.test(bare)) return undefined;
  return bare
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(Math.ceil(bare.length / 4) * 4, '=');
}
