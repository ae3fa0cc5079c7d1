import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { readGetTaskRequest, readSendMessageRequest, readSubscribeToTaskRequest } from '../../../src/protocol/read-requests.js';

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'PARAMS_INVALID') throw error;
    return error.problems.map(({ field, description }) => `${field} ${description}`);
  }
}

t.test('historyLength is an int32 from 0, as a number or as decimal text (D6, K1)', async (t) => {
  for (const given of [0, 1, 2147483647, '0', '17'])
    t.equal(readGetTaskRequest({ id: 'a', historyLength: given }).historyLength, Number(given));
  t.notOk('historyLength' in readGetTaskRequest({ id: 'a', historyLength: null }));
  for (const given of [-1, 1.5, 2147483648, '-1', '1.5', '1e3', '', ' 1', true, {}, [], '99999999999']) {
    t.equal(problemsOf(() => readGetTaskRequest({ id: 'a', historyLength: given })).length, 1, JSON.stringify(given));
  }
});

t.test('the camelCase name wins over snake_case; null lets the other one speak (D6)', async (t) => {
  t.equal(readGetTaskRequest({ id: 'a', historyLength: 1, history_length: 2 }).historyLength, 1);
  t.equal(readGetTaskRequest({ id: 'a', historyLength: null, history_length: 2 }).historyLength, 2);
});

t.test('an id is required, at most 512 characters of well-formed Unicode (D4, E6)', async (t) => {
  t.equal(readGetTaskRequest({ id: 'x'.repeat(512) }).id.length, 512);
  for (const id of [undefined, null, '', 5, {}, 'x'.repeat(513), 'a\0b', '\ud800'])
    t.equal(problemsOf(() => readGetTaskRequest({ id })).length, 1);
});

t.test('one answer lists at most fifty problems', async (t) => {
  const parts = Array.from({ length: 90 }, () => ({}));
  t.equal(
    problemsOf(() => readSendMessageRequest({ message: { messageId: 'm', role: 'ROLE_USER', parts } }, { maxParts: 100 })).length,
    50,
  );
});

t.test('nesting is taken to a hundred levels and no further (Z4)', async (t) => {
  const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) });
  t.same(
    problemsOf(() => readSubscribeToTaskRequest({ id: 'a', metadata: nested(100) })),
    [],
  );
  t.same(
    problemsOf(() => readSubscribeToTaskRequest({ id: 'a', metadata: nested(101) })),
    ['metadata must not be nested deeper than 100 levels'],
  );
});

t.test('a push config must be an object to count as one', async (t) => {
  const send = (taskPushNotificationConfig: unknown) =>
    readSendMessageRequest(
      { message: { messageId: 'm', role: 1, parts: [{ text: 'a' }] }, configuration: { taskPushNotificationConfig } },
      { maxParts: 1 },
    );
  t.same(send({ url: 'https://a' }).configuration?.taskPushNotificationConfig, { url: 'https://a' });
  t.notOk(send(null).configuration?.taskPushNotificationConfig);
  t.same(
    problemsOf(() => send('https://a')),
    ['configuration.taskPushNotificationConfig must be an object, not a string'],
  );
});
