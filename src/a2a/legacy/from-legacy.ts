/**
 * What 0.3 clients send, as params of 1.0's operations. Pure. Only what is another thing in 0.3 is looked at here; everything else goes on as
 * it came, for the operation's own reader to check.
 */
import { isJsonObject } from '../../base/json.js';
import { FieldReader, kindOf, Problems } from '../../protocol/field-reader.js';
import { rootFields } from '../../protocol/root-fields.js';
import type { LegacyForm, LegacyObject } from './legacy-form.js';

/** @throws AppError `PARAMS_INVALID`, as all here */
export function fromLegacySend(params: unknown, form: LegacyForm): LegacyObject {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const name = form.messageNames.find((candidate) => fields.value(candidate) !== undefined) ?? 'message';
  const message = fields.object(name);
  const configuration = fields.object('configuration');
  const request = {
    message: message === undefined ? undefined : fromLegacyMessage(message, form, problems),
    configuration: configuration === undefined ? undefined : fromLegacyConfiguration(configuration, form),
    metadata: fields.value('metadata'),
  };
  problems.throwIfAny();
  return request;
}

/** 0.3 takes 0 for what it takes unset for: all of the history. */
export function fromLegacyTaskQuery(params: unknown): LegacyObject {
  const fields = rootFields(params, new Problems());
  return { id: fields.value('id'), historyLength: fromLegacyHistoryLength(fields), metadata: fields.value('metadata') };
}

/** The wrapper with a name, in it the config; some clients send the whole request of the 0.3 proto, with the wrapper in `config`. */
export function fromLegacyPushConfig(params: unknown): LegacyObject {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const wrapper = fields.object('config') ?? fields;
  const inner = wrapper.object('pushNotificationConfig');
  if (inner === undefined) wrapper.problem('pushNotificationConfig', 'is required: an object with url');
  // HTTP+JSON has the task in its path, as all its paths name one.
  const taskId = fields.value('id') ?? fields.value('taskId');
  const config = inner === undefined ? {} : fromInnerConfig(inner);
  problems.throwIfAny();
  // Without an id 0.3 knows a task's one config by the id of the task.
  return { ...config, taskId, id: config.id || fields.value('configId') || taskId };
}

export interface LegacyConfigReference {
  readonly taskId: unknown;
  /** `undefined` = the task's one config. */
  readonly id: unknown;
}

export function fromLegacyConfigReference(params: unknown): LegacyConfigReference {
  const fields = rootFields(params, new Problems());
  return { taskId: fields.value('id'), id: fields.value('pushNotificationConfigId') };
}

function fromLegacyMessage(fields: FieldReader, form: LegacyForm, problems: Problems): LegacyObject {
  if (!form.isUser(fields.value('role'))) fields.problem('role', `must be "${form.roles.ROLE_USER}"`);
  const parts = fields.list(form.messageParts);
  if (parts === undefined || parts.length === 0)
    fields.problem(form.messageParts, `must hold at least one part, for example ${form.partHint}`);
  return {
    messageId: fields.value('messageId'),
    contextId: fields.value('contextId'),
    taskId: fields.value('taskId'),
    role: 'ROLE_USER',
    parts: parts?.map((part, index) => {
      const path = fields.at(`${form.messageParts}[${index}]`);
      if (isJsonObject(part)) return form.readPart(new FieldReader(part, path, problems));
      problems.add(path, `must be an object, not ${kindOf(part)}`);
      return { text: '' };
    }),
    metadata: fields.value('metadata'),
    extensions: fields.value('extensions'),
    referenceTaskIds: fields.value('referenceTaskIds'),
  };
}

function fromLegacyConfiguration(fields: FieldReader, form: LegacyForm): LegacyObject {
  const push = fields.object(form.pushConfigName);
  return {
    acceptedOutputModes: fields.value('acceptedOutputModes'),
    historyLength: fromLegacyHistoryLength(fields),
    taskPushNotificationConfig: push === undefined ? undefined : fromInnerConfig(push),
    returnImmediately: !(fields.boolean('blocking') ?? form.blocksByDefault),
  };
}

function fromLegacyHistoryLength(fields: FieldReader): unknown {
  const length = fields.value('historyLength');
  return length === 0 || length === '0' ? undefined : length;
}

/** Of several schemes the first counts: it is what the client likes best, and 1.0 sends one. */
function fromInnerConfig(fields: FieldReader): LegacyObject {
  const authentication = fields.object('authentication');
  const scheme = authentication?.list('schemes')?.[0];
  const credentials = authentication?.value('credentials') || undefined;
  return {
    id: fields.value('id'),
    url: fields.value('url'),
    token: fields.value('token'),
    // Neither scheme nor credentials is how ProtoJSON may write none at all.
    ...(scheme === undefined && credentials === undefined ? {} : { authentication: { scheme, credentials } }),
  };
}
