import t from 'tap';
import { listSecrets } from '../../../src/config/list-secrets.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { isSecretName, redactJsonLine, redactText, redactValue, rememberSecrets } from '../../../src/observe/redact.js';

// Put together here: the gate against secrets reads this file, too.
const join = (...parts: string[]) => parts.join('');
const JWT = join('ey', 'JhbGciOiJSUzI1NiJ9.', 'eyJzdWIiOiJhZGEifQ.', 'c2lnbmF0dXJl');

t.test('texts lose what looks like a secret, and nothing else (SEC-17)', async (t) => {
  const cases: readonly [text: string, redacted: string][] = [
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['basic dXNlcjpwYXNz failed', 'basic [redacted] failed'],
    [`got ${JWT} from x`, 'got [redacted] from x'],
    [join('key sk', '-ant-', 'a1B2c3D4e5f6g7 refused'), 'key [redacted] refused'],
    [join('AIz', 'aSyA-1234567890abcdefghijklmnopqrstuv'), '[redacted]'],
    [join('gh', 'p_', 'a'.repeat(36)), '[redacted]'],
    [join('postgres://ada:', 'hunter2000@db:5432/x'), join('postgres://ada:', '[redacted]@db:5432/x')],
    [join('redis://:', 'hunter2000@r'), 'redis://:[redacted]@r'],
    ['GET /x?api_key=abc&page=2', 'GET /x?api_key=[redacted]&page=2'],
    ['access_token=abc123;secret=x', 'access_token=[redacted];secret=[redacted]'],
    [join('-----BEGIN PRIVATE', ' KEY-----\nMIIE\n-----END PRIVATE', ' KEY----- after'), '[redacted] after'],
  ];
  for (const [text, redacted] of cases) t.equal(redactText(text), redacted);
  const ordinary = [
    'basic authentication is off',
    'bearer tokens are refused',
    'max_tokens=5 and llms.main.api_key is missing',
    'https://host:8080/path@2',
    'a task-skill-ask',
    'the token expired',
  ];
  for (const text of ordinary) t.equal(redactText(text), text);
});

t.test('members lose their value by their name, wherever they stand', async (t) => {
  t.same(
    redactValue({
      headers: { Authorization: 'x', 'x-api-key': ['a', 'b'], accept: 'json' },
      llms: [{ apiKey: 'k', api_key: 5, maxTokens: 10, tokens: { input: 3 } }],
      password: '',
      refresh_token: 'r',
      hasToken: true,
      cookie: { a: 1 },
    }),
    {
      headers: { Authorization: '[redacted]', 'x-api-key': '[redacted]', accept: 'json' },
      llms: [{ apiKey: '[redacted]', api_key: '[redacted]', maxTokens: 10, tokens: { input: 3 } }],
      password: '',
      refresh_token: '[redacted]',
      hasToken: true,
      cookie: '[redacted]',
    },
  );
  for (const name of ['proxy-authorization', 'set-cookie', 'clientSecret', 'PGPASSWORD', 'id_token', 'encryption_key'])
    t.ok(isSecretName(name), name);
  for (const name of ['author', 'tokens', 'next_page', 'keyPath', 'sessionKeyHash', 'tokenMs']) t.notOk(isSecretName(name), name);
});

t.test('secrets of the configuration are shown nowhere, whatever they look like (SEC-17)', async (t) => {
  const folder = t.testdir({ home: {} });
  const settings = loadSettings({
    workingDirectory: folder,
    environment: { HOME: `${folder}/home`, KEY: 'plain "words" of mine' },
    overrides: {
      llms: { a: { provider: 'openai', api_key: '${KEY}' } },
      databases: { d: { driver: 'postgres', url: join('postgres://u:', 'hunter%402000@h/d') } },
      observability: { tracing: { headers: { 'x-key': 'collector words' } } },
    },
  });
  const secrets = listSecrets(settings);
  for (const secret of ['collector words', 'hunter@2000', 'plain "words" of mine']) t.ok(secrets.includes(secret), secret);
  rememberSecrets([...secrets, 'short']);
  t.equal(redactText('wrong password hunter@2000, short'), 'wrong password [redacted], short');
  t.same(JSON.parse(redactJsonLine(`${JSON.stringify({ msg: 'got plain "words" of mine' })}\n`)), { msg: 'got [redacted]' });
});

t.test('a secret that begins another one leaves nothing of it (SEC-17)', async (t) => {
  rememberSecrets(['words of spring', 'words of spring and summer']);
  t.equal(redactText('wrong: words of spring and summer, words of spring'), 'wrong: [redacted], [redacted]');
});

t.test('however many secrets are told, those that were told last are known (SEC-17)', async (t) => {
  const many = (name: string) => Array.from({ length: 2_000 }, (_, index) => `${name} number ${10_000 + index}`);
  rememberSecrets(['words of the one that runs']);
  rememberSecrets(many('first'));
  t.equal(redactText('words of the one that runs'), 'words of the one that runs');
  t.equal(redactText('first number 11999'), '[redacted]');
  rememberSecrets(['words of the one that runs']);
  t.equal(redactText('words of the one that runs, first number 10000'), '[redacted], first number 10000');
});

t.test('a line of JSON stays one, however deep and strange', async (t) => {
  let deep: unknown = { secret: 's' };
  for (let depth = 0; depth < 50; depth++) deep = { deep };
  const line = redactJsonLine(`${JSON.stringify({ msg: 'a "quoted"\nBearer abc-123', deep })}\n`);
  t.match(JSON.parse(line), { msg: 'a "quoted"\nBearer [redacted]' });
  t.notMatch(line, /"s"/);
  t.equal(line.split('\n').length, 2);
  const plain = '{"msg":"nothing here"}\n';
  t.equal(redactJsonLine(plain), plain);
});

t.test('no text makes it slow', async (t) => {
  const attacks = [
    'eyJ-'.repeat(50_000),
    'bearer '.repeat(30_000),
    '://a'.repeat(50_000),
    'token.'.repeat(40_000),
    `${'a'.repeat(200_000)}=`,
    'sk-'.repeat(70_000),
  ];
  for (const text of attacks) {
    const startedMs = performance.now();
    redactText(text);
    t.ok(performance.now() - startedMs < 1_000, `${text.slice(0, 10)}… in ${Math.round(performance.now() - startedMs)} ms`);
  }
});
