import t from 'tap';
import { createPushSecrets } from '../../../../src/a2a/push/push-secrets.js';

t.test('a secret comes back from what is stored of it, and what is stored does not show it (P11)', async (t) => {
  const secrets = createPushSecrets('a key that is long enough');
  const sealed = secrets.seal('Geheim ä');
  t.notMatch(sealed, /Geheim/);
  t.not(secrets.seal('Geheim ä'), sealed, 'never the same twice');
  t.equal(secrets.open(sealed), 'Geheim ä');
  t.equal(createPushSecrets('a key that is long enough').open(sealed), 'Geheim ä', 'another instance reads it');
  t.equal(secrets.seal(''), '');
  t.equal(secrets.open(''), '');
});

t.test('another key, no key, and changed bytes do not open it', async (t) => {
  const sealed = createPushSecrets('a key that is long enough').seal('secret');
  for (const key of ['another key that is long enough', '']) {
    t.throws(() => createPushSecrets(key).open(sealed), { code: 'PUSH_SECRET_UNREADABLE', message: /server\.a2a\.push\.encryption_key/ });
  }
  const secrets = createPushSecrets('a key that is long enough');
  const bytes = Buffer.from(sealed.slice('gcm1:'.length), 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  t.throws(() => secrets.open(`gcm1:${bytes.toString('base64')}`), { code: 'PUSH_SECRET_UNREADABLE' });
  for (const text of ['gcm1:AAAA', 'secret']) t.throws(() => secrets.open(text), { code: 'PUSH_SECRET_UNREADABLE' });
});

t.test('without a key secrets are stored as they are, and a key set later still reads them', async (t) => {
  const stored = createPushSecrets('').seal('secret');
  t.equal(createPushSecrets('').open(stored), 'secret');
  t.equal(createPushSecrets('a key that is long enough').open(stored), 'secret');
  t.equal(createPushSecrets('').open(createPushSecrets('').seal('gcm1:x')), 'gcm1:x', 'a secret that looks sealed');
});
