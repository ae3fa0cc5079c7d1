import t from 'tap';
import { fromLegacyPushConfig, fromLegacySend, fromLegacyTaskQuery } from '../../../../src/a2a/legacy/from-legacy.js';
import { JSON_RPC_FORM } from '../../../../src/a2a/legacy/json-rpc-form.js';
import type { LegacyForm, LegacyObject } from '../../../../src/a2a/legacy/legacy-form.js';
import { REST_FORM } from '../../../../src/a2a/legacy/rest-form.js';
import { toLegacyEvent, toLegacyMessage, toLegacyPushConfig, toLegacyTask } from '../../../../src/a2a/legacy/to-legacy.js';
import { AppError } from '../../../../src/base/errors.js';
import type { Message, Part, Task, TaskState } from '../../../../src/protocol/a2a.js';
import { readSendMessageRequest } from '../../../../src/protocol/read-requests.js';
import { isTerminal } from '../../../../src/protocol/task-state.js';

interface PartCase {
  readonly what: string;
  readonly part: Part;
  readonly jsonRpc: LegacyObject;
  readonly rest: LegacyObject;
}

const mark = { data_part_compat: true };

// biome-ignore format: a table reads best as one
const PARTS: readonly PartCase[] = [
  { what: 'text', part: { text: 'Hi' }, jsonRpc: { kind: 'text', text: 'Hi' }, rest: { text: 'Hi' } },
  { what: 'empty text', part: { text: '' }, jsonRpc: { kind: 'text', text: '' }, rest: { text: '' } },
  { what: 'text with metadata', part: { text: 'Hi', metadata: { a: [1] } }, jsonRpc: { kind: 'text', text: 'Hi', metadata: { a: [1] } }, rest: { text: 'Hi', metadata: { a: [1] } } },
  { what: 'bytes', part: { raw: 'AAEC' }, jsonRpc: { kind: 'file', file: { bytes: 'AAEC' } }, rest: { file: { fileWithBytes: 'AAEC' } } },
  { what: 'named bytes', part: { raw: 'AAEC', filename: 'a.png', mediaType: 'image/png', metadata: { b: 1 } }, jsonRpc: { kind: 'file', file: { bytes: 'AAEC', name: 'a.png', mimeType: 'image/png' }, metadata: { b: 1 } }, rest: { file: { fileWithBytes: 'AAEC', name: 'a.png', mimeType: 'image/png' }, metadata: { b: 1 } } },
  { what: 'a URL', part: { url: 'https://x.example/a', mediaType: 'text/csv' }, jsonRpc: { kind: 'file', file: { uri: 'https://x.example/a', mimeType: 'text/csv' } }, rest: { file: { fileWithUri: 'https://x.example/a', mimeType: 'text/csv' } } },
  { what: 'an object', part: { data: { a: { b: null } } }, jsonRpc: { kind: 'data', data: { a: { b: null } } }, rest: { data: { data: { a: { b: null } } } } },
  { what: 'a list', part: { data: [1, 'x'] }, jsonRpc: { kind: 'data', data: { value: [1, 'x'] }, metadata: mark }, rest: { data: { data: { value: [1, 'x'] } }, metadata: mark } },
  { what: 'null', part: { data: null, metadata: { m: 1 } }, jsonRpc: { kind: 'data', data: { value: null }, metadata: { m: 1, ...mark } }, rest: { data: { data: { value: null } }, metadata: { m: 1, ...mark } } },
  { what: 'false', part: { data: false }, jsonRpc: { kind: 'data', data: { value: false }, metadata: mark }, rest: { data: { data: { value: false } }, metadata: mark } },
  { what: 'an object called value', part: { data: { value: 1 } }, jsonRpc: { kind: 'data', data: { value: 1 } }, rest: { data: { data: { value: 1 } } } },
];

const FORMS = [
  ['JSON-RPC', JSON_RPC_FORM, 'jsonRpc'],
  ['HTTP+JSON', REST_FORM, 'rest'],
] as const;

/** As the operations get it. */
function read(params: unknown, form: LegacyForm) {
  return readSendMessageRequest(fromLegacySend(params, form), { maxParts: 100 });
}

function problemsOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error.problems;
  }
  return [];
}

for (const [name, form, key] of FORMS) {
  t.test(`${name}: every kind of part goes to 0.3 and comes back as it was`, async (t) => {
    for (const { what, part, ...legacy } of PARTS) {
      t.same(form.toPart(part), legacy[key], `${what}, out`);
      const message = { messageId: 'm', role: form.roles.ROLE_USER, [form.messageParts]: [legacy[key]] };
      t.same(read({ message }, form).message.parts, [part], `${what}, in`);
    }
  });

  t.test(`${name}: a user's message comes back as it was, with everything a message can hold`, async (t) => {
    const message: Message = {
      messageId: 'm-1',
      contextId: 'c',
      taskId: 'k',
      role: 'ROLE_USER',
      parts: PARTS.map(({ part }) => part),
      metadata: { x: { y: [true] } },
      extensions: ['urn:e'],
      ...(form.hasReferences ? { referenceTaskIds: ['other'] } : {}),
    };
    t.same(read({ message: toLegacyMessage(message, form) }, form).message, message);
  });

  t.test(`${name}: what 0.3 alone has is refused by the names that 0.3 has`, async (t) => {
    const parts = [{ file: {} }, 7, {}, { data: 1 }, { text: 'a', file: { uri: 'x' } }];
    const problems = problemsOf(() => read({ message: { messageId: 'm', role: 'agent', [form.messageParts]: parts } }, form));
    const at = (index: number) => `message.${form.messageParts}[${index}]`;
    const expected =
      form === JSON_RPC_FORM
        ? ['message.role', `${at(0)}.kind`, at(1), `${at(2)}.kind`, `${at(3)}.kind`, `${at(4)}.kind`]
        : ['message.role', `${at(0)}.file`, at(1), `${at(2)}.text`, `${at(3)}.data`, `${at(4)}.text`];
    const fields = problems.map(({ field }) => field);
    t.same(fields, expected);
    t.match(
      problemsOf(() => read({ message: { messageId: 'm', role: form.roles.ROLE_USER } }, form)),
      [{ field: `message.${form.messageParts}` }],
    );
    t.match(
      problemsOf(() => read(undefined, form)),
      [{ field: 'params' }],
    );
  });

  t.test(`${name}: what a configuration says comes through; history of length 0 is all of it, as 0.3 has it`, async (t) => {
    const message = toLegacyMessage({ messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] }, form);
    const push = { id: 'c', url: 'https://x.example/', token: 't', authentication: { schemes: ['Bearer', 'Basic'], credentials: 's' } };
    const configuration = { acceptedOutputModes: ['text/plain'], historyLength: 3, blocking: false, [form.pushConfigName]: push };
    t.same(read({ message, configuration, metadata: { a: 1 } }, form), {
      message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] },
      configuration: {
        acceptedOutputModes: ['text/plain'],
        historyLength: 3,
        returnImmediately: true,
        taskPushNotificationConfig: {
          id: 'c',
          url: 'https://x.example/',
          token: 't',
          authentication: { scheme: 'Bearer', credentials: 's' },
        },
      },
      metadata: { a: 1 },
    });
    t.same(read({ message, configuration: { blocking: true, historyLength: 0 } }, form).configuration, { returnImmediately: false });
    t.equal(read({ message }, form).configuration, undefined, 'without a configuration the answer is waited for');
    // ProtoJSON leaves false out, JSON does not.
    t.same(read({ message, configuration: {} }, form).configuration, { returnImmediately: form === REST_FORM });
    t.same(fromLegacyTaskQuery({ id: 'k', historyLength: '0' }), { id: 'k', historyLength: undefined, metadata: undefined });
    t.match(fromLegacyTaskQuery({ id: 'k', historyLength: 2 }), { id: 'k', historyLength: 2 });
  });
}

t.test('HTTP+JSON takes the names and numbers of the proto too (D6)', async (t) => {
  const request = {
    message_id: 'm',
    context_id: 'c',
    role: 1,
    content: [{ file: { file_with_uri: 'https://x.example/', mime_type: 'a/b' } }],
  };
  const configuration = { accepted_output_modes: ['a/b'], push_notification: { url: 'https://x.example/' }, blocking: true };
  t.same(read({ request, configuration }, REST_FORM), {
    message: { messageId: 'm', contextId: 'c', role: 'ROLE_USER', parts: [{ url: 'https://x.example/', mediaType: 'a/b' }] },
    configuration: {
      acceptedOutputModes: ['a/b'],
      taskPushNotificationConfig: { url: 'https://x.example/' },
      returnImmediately: false,
    },
  });
});

const STATES: readonly (readonly [TaskState, jsonRpc: string, rest: string])[] = [
  ['TASK_STATE_SUBMITTED', 'submitted', 'TASK_STATE_SUBMITTED'],
  ['TASK_STATE_WORKING', 'working', 'TASK_STATE_WORKING'],
  ['TASK_STATE_COMPLETED', 'completed', 'TASK_STATE_COMPLETED'],
  ['TASK_STATE_FAILED', 'failed', 'TASK_STATE_FAILED'],
  ['TASK_STATE_CANCELED', 'canceled', 'TASK_STATE_CANCELLED'],
  ['TASK_STATE_INPUT_REQUIRED', 'input-required', 'TASK_STATE_INPUT_REQUIRED'],
  ['TASK_STATE_REJECTED', 'rejected', 'TASK_STATE_REJECTED'],
  ['TASK_STATE_AUTH_REQUIRED', 'auth-required', 'TASK_STATE_AUTH_REQUIRED'],
];

t.test('every state has its word, and the last one of a stream is final', async (t) => {
  for (const [state, word, name] of STATES) {
    const statusUpdate = { taskId: 'k', contextId: 'c', status: { state, timestamp: '2026-01-01T00:00:00.000Z' }, metadata: { a: 1 } };
    const final = /COMPLETED|FAILED|CANCELED|REJECTED/.test(state);
    const common = { taskId: 'k', contextId: 'c', final, metadata: { a: 1 } };
    t.same(toLegacyEvent({ statusUpdate }, JSON_RPC_FORM, isTerminal), {
      kind: 'status-update',
      status: { state: word, timestamp: '2026-01-01T00:00:00.000Z' },
      ...common,
    });
    t.same(toLegacyEvent({ statusUpdate }, REST_FORM, isTerminal), {
      statusUpdate: { status: { state: name, timestamp: '2026-01-01T00:00:00.000Z' }, ...common },
    });
  }
});

const TASK: Task = {
  id: 'k',
  contextId: 'c',
  status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { messageId: 'q', role: 'ROLE_AGENT', parts: [{ text: '?' }], taskId: 'k' } },
  artifacts: [{ artifactId: 'a', name: 'n', description: 'd', parts: [{ text: 'x' }], metadata: { m: 1 }, extensions: ['urn:e'] }],
  history: [{ messageId: 'm', role: 'ROLE_USER', parts: [{ url: 'https://x.example/' }], referenceTaskIds: ['r'] }],
  metadata: { t: 1 },
};

t.test('a whole task in the JSON of JSON-RPC: kind everywhere', async (t) => {
  t.same(toLegacyTask(TASK, JSON_RPC_FORM), {
    kind: 'task',
    id: 'k',
    contextId: 'c',
    status: {
      state: 'input-required',
      message: { kind: 'message', messageId: 'q', role: 'agent', parts: [{ kind: 'text', text: '?' }], taskId: 'k' },
    },
    artifacts: [
      { artifactId: 'a', name: 'n', description: 'd', parts: [{ kind: 'text', text: 'x' }], metadata: { m: 1 }, extensions: ['urn:e'] },
    ],
    history: [
      {
        kind: 'message',
        messageId: 'm',
        role: 'user',
        parts: [{ kind: 'file', file: { uri: 'https://x.example/' } }],
        referenceTaskIds: ['r'],
      },
    ],
    metadata: { t: 1 },
  });
});

t.test('a whole task in ProtoJSON: content of messages, parts of artifacts, no kind', async (t) => {
  t.same(toLegacyTask(TASK, REST_FORM), {
    id: 'k',
    contextId: 'c',
    status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { messageId: 'q', role: 'ROLE_AGENT', content: [{ text: '?' }], taskId: 'k' } },
    artifacts: [{ artifactId: 'a', name: 'n', description: 'd', parts: [{ text: 'x' }], metadata: { m: 1 }, extensions: ['urn:e'] }],
    history: [{ messageId: 'm', role: 'ROLE_USER', content: [{ file: { fileWithUri: 'https://x.example/' } }] }],
    metadata: { t: 1 },
  });
});

t.test('an event is what it is by its kind, or by the member that holds it', async (t) => {
  const artifactUpdate = {
    taskId: 'k',
    contextId: 'c',
    artifact: { artifactId: 'a', parts: [{ text: 'x' }] },
    append: true,
    lastChunk: true,
  };
  t.same(toLegacyEvent({ artifactUpdate }, JSON_RPC_FORM, isTerminal), {
    ...{ kind: 'artifact-update', taskId: 'k', contextId: 'c', append: true, lastChunk: true },
    artifact: { artifactId: 'a', parts: [{ kind: 'text', text: 'x' }] },
  });
  t.same(toLegacyEvent({ artifactUpdate }, REST_FORM, isTerminal), { artifactUpdate });
  const message: Message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'x' }] };
  t.same(toLegacyEvent({ message }, JSON_RPC_FORM, isTerminal), {
    ...{ kind: 'message', messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'x' }] },
  });
  t.same(toLegacyEvent({ message }, REST_FORM, isTerminal), { message: { messageId: 'm', role: 'ROLE_AGENT', content: [{ text: 'x' }] } });
  t.match(toLegacyEvent({ task: TASK }, REST_FORM, isTerminal), { task: { id: 'k' } });
});

t.test('push configs: wrapped, with schemes, or by resource name', async (t) => {
  const config = { taskId: 'k', id: 'c', url: 'https://x.example/', token: 't', authentication: { scheme: 'Bearer' } };
  const inner = { id: 'c', url: 'https://x.example/', token: 't', authentication: { schemes: ['Bearer'] } };
  t.same(toLegacyPushConfig(config, JSON_RPC_FORM), { taskId: 'k', pushNotificationConfig: inner });
  t.same(toLegacyPushConfig(config, REST_FORM), { name: 'tasks/k/pushNotificationConfigs/c', pushNotificationConfig: inner });

  const read = (params: unknown) => JSON.parse(JSON.stringify(fromLegacyPushConfig(params)));
  t.same(read({ taskId: 'k', pushNotificationConfig: inner }), { ...config, authentication: { scheme: 'Bearer' } });
  t.match(read({ taskId: 'k', pushNotificationConfig: { url: 'u' } }), { id: 'k' }, "without an id it is the task's one config");
  t.match(read({ id: 'k', config_id: 'x', config: { name: 'n', push_notification_config: { url: 'u', id: '' } } }), {
    taskId: 'k',
    id: 'x',
    url: 'u',
  });
  t.notOk(
    'authentication' in read({ taskId: 'k', pushNotificationConfig: { url: 'u', authentication: { schemes: [], credentials: '' } } }),
  );
  t.match(
    problemsOf(() => fromLegacyPushConfig({ taskId: 'k' })),
    [{ field: 'pushNotificationConfig' }],
  );
});
