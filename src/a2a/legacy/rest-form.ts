/** 0.3 as its HTTP+JSON has it: ProtoJSON of the 0.3 proto. Pure. */
import { isJsonObject } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { FieldReader } from '../../protocol/field-reader.js';
import { unwrapData, wrapData } from './data-value.js';
import type { LegacyForm, LegacyObject } from './legacy-form.js';

export const REST_FORM: LegacyForm = {
  states: {
    TASK_STATE_SUBMITTED: 'TASK_STATE_SUBMITTED',
    TASK_STATE_WORKING: 'TASK_STATE_WORKING',
    TASK_STATE_COMPLETED: 'TASK_STATE_COMPLETED',
    TASK_STATE_FAILED: 'TASK_STATE_FAILED',
    // Two L here, one everywhere else.
    TASK_STATE_CANCELED: 'TASK_STATE_CANCELLED',
    TASK_STATE_INPUT_REQUIRED: 'TASK_STATE_INPUT_REQUIRED',
    TASK_STATE_REJECTED: 'TASK_STATE_REJECTED',
    TASK_STATE_AUTH_REQUIRED: 'TASK_STATE_AUTH_REQUIRED',
  },
  roles: { ROLE_USER: 'ROLE_USER', ROLE_AGENT: 'ROLE_AGENT' },
  isUser: (role) => role === 'ROLE_USER' || role === 1 || role === '1',
  messageParts: 'content',
  hasReferences: false,
  mark: () => ({}),
  wrap: (name, value) => ({ [name]: value }),
  toPart,
  readPart,
  partHint: '{"text": "hello"}',
  messageNames: ['message', 'request'],
  pushConfigName: 'pushNotification',
  // Writers of ProtoJSON leave `false` out, so a configuration without it says false.
  blocksByDefault: false,
  toPushConfig: ({ taskId, id }, pushNotificationConfig) => ({
    name: `tasks/${taskId}/pushNotificationConfigs/${id}`,
    pushNotificationConfig,
  }),
  toPushConfigs: (configs) => ({ configs, nextPageToken: '' }),
  nothing: {},
  fieldName: (path) =>
    path
      .replace(
        /^(message\.parts\[\d+\])\.(raw|url|filename|mediaType)$/,
        (_all, part, name) => `${part}.file.${FILE_NAMES[name as FileName]}`,
      )
      .replace(/^(message\.parts\[\d+\])\.data$/, '$1.data.data')
      .replace(/^message\.parts/, 'message.content')
      .replace('configuration.taskPushNotificationConfig', 'configuration.pushNotification')
      .replace(/authentication\.scheme$/, 'authentication.schemes'),
};

const FILE_NAMES = { raw: 'fileWithBytes', url: 'fileWithUri', filename: 'name', mediaType: 'mimeType' } as const;
type FileName = keyof typeof FILE_NAMES;

function toPart({ text, raw, url, data, metadata, filename, mediaType }: Part): LegacyObject {
  const common = metadata === undefined ? {} : { metadata };
  if (text !== undefined) return { text, ...common };
  if (data !== undefined) {
    const { data: inner, ...rest } = wrapData(data, metadata);
    return { data: { data: inner }, ...rest };
  }
  const content = raw === undefined ? { fileWithUri: url } : { fileWithBytes: raw };
  const named = { ...(mediaType === undefined ? {} : { mimeType: mediaType }), ...(filename === undefined ? {} : { name: filename }) };
  return { file: { ...content, ...named }, ...common };
}

function readPart(fields: FieldReader): LegacyObject {
  const given = CONTENT.filter((name) => fields.value(name) !== undefined);
  const metadata = fields.value('metadata');
  if (given.length === 1) {
    if (given[0] === 'text') return { text: fields.value('text'), metadata };
    if (given[0] === 'file') return { ...readFile(fields), metadata };
    const data = fields.object('data')?.value('data') ?? {};
    if (isJsonObject(data)) return unwrapData(data, metadata);
    fields.problem('data.data', 'must be an object');
  } else {
    const problem = `must have exactly one of ${CONTENT.join(', ')} (${given.length === 0 ? 'none is given' : `not ${given.join(' and ')}`})`;
    fields.problem(given[0] ?? 'text', problem);
  }
  return { text: '' };
}

const CONTENT = ['text', 'file', 'data'] as const;

function readFile(part: FieldReader): LegacyObject {
  const file = part.object('file');
  const [bytes, uri] = [file?.value('fileWithBytes'), file?.value('fileWithUri')];
  if (file === undefined || (bytes === undefined) === (uri === undefined)) {
    part.problem('file', 'must be an object with either fileWithBytes or fileWithUri');
    return { text: '' };
  }
  return { ...(bytes === undefined ? { url: uri } : { raw: bytes }), filename: file.value('name'), mediaType: file.value('mimeType') };
}
