/** 0.3 as its JSON-RPC has it: `kind` everywhere, small words for states and roles. Pure. */
import { isJsonObject } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { FieldReader } from '../../protocol/field-reader.js';
import { unwrapData, wrapData } from './data-value.js';
import { KINDS, type LegacyForm, type LegacyObject } from './legacy-form.js';

export const JSON_RPC_FORM: LegacyForm = {
  states: {
    TASK_STATE_SUBMITTED: 'submitted',
    TASK_STATE_WORKING: 'working',
    TASK_STATE_COMPLETED: 'completed',
    TASK_STATE_FAILED: 'failed',
    TASK_STATE_CANCELED: 'canceled',
    TASK_STATE_INPUT_REQUIRED: 'input-required',
    TASK_STATE_REJECTED: 'rejected',
    TASK_STATE_AUTH_REQUIRED: 'auth-required',
  },
  roles: { ROLE_USER: 'user', ROLE_AGENT: 'agent' },
  isUser: (role) => role === 'user',
  messageParts: 'parts',
  hasReferences: true,
  mark: (name) => ({ kind: KINDS[name] }),
  wrap: (_name, value) => value,
  toPart,
  readPart,
  partHint: '{"kind": "text", "text": "hello"}',
  messageNames: ['message'],
  pushConfigName: 'pushNotificationConfig',
  // What the servers of that time did when it was left out, so what their clients were written against.
  blocksByDefault: true,
  toPushConfig: ({ taskId }, pushNotificationConfig) => ({ taskId, pushNotificationConfig }),
  toPushConfigs: (configs) => configs,
  nothing: null,
  fieldName: (path) =>
    path
      .replace(
        /^(message\.parts\[\d+\])\.(raw|url|filename|mediaType)$/,
        (_all, part, name) => `${part}.file.${FILE_NAMES[name as FileName]}`,
      )
      .replace('configuration.taskPushNotificationConfig', 'configuration.pushNotificationConfig')
      .replace(/authentication\.scheme$/, 'authentication.schemes'),
};

const FILE_NAMES = { raw: 'bytes', url: 'uri', filename: 'name', mediaType: 'mimeType' } as const;
type FileName = keyof typeof FILE_NAMES;

function toPart({ text, raw, url, data, metadata, filename, mediaType }: Part): LegacyObject {
  const common = metadata === undefined ? {} : { metadata };
  if (text !== undefined) return { kind: 'text', text, ...common };
  if (data !== undefined) return { kind: 'data', ...wrapData(data, metadata) };
  const content = raw === undefined ? { uri: url } : { bytes: raw };
  const named = { ...(filename === undefined ? {} : { name: filename }), ...(mediaType === undefined ? {} : { mimeType: mediaType }) };
  return { kind: 'file', file: { ...content, ...named }, ...common };
}

function readPart(fields: FieldReader): LegacyObject {
  // So clients of before 0.2 call it (API-34).
  const kind = fields.value('kind') ?? fields.value('type');
  const metadata = fields.value('metadata');
  switch (kind) {
    case 'text': {
      const text = fields.value('text');
      if (text === undefined) fields.problem('text', 'is required in a part of kind "text"');
      return { text: text ?? '', metadata };
    }
    case 'file':
      return { ...readFile(fields), metadata };
    case 'data': {
      const data = fields.value('data');
      if (isJsonObject(data)) return unwrapData(data, metadata);
      fields.problem('data', 'must be an object in a part of kind "data"');
      return { data: {} };
    }
    default:
      fields.problem('kind', 'must be "text", "file" or "data"');
      return { text: '' };
  }
}

function readFile(part: FieldReader): LegacyObject {
  const file = part.object('file');
  const [bytes, uri] = [file?.value('bytes'), file?.value('uri')];
  if (file === undefined || (bytes === undefined) === (uri === undefined)) {
    part.problem('file', 'must be an object with either bytes or uri');
    return { text: '' };
  }
  return { ...(bytes === undefined ? { url: uri } : { raw: bytes }), filename: file.value('name'), mediaType: file.value('mimeType') };
}
