import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MAX_CONFIG_BYTES, readConfigFile } from '../../../src/config/read-config-file.js';

t.test('UTF-8 and UTF-16 with a byte order mark are read', async (t) => {
  const folder = t.testdir({});
  const write = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  t.equal(readConfigFile(write('plain', Buffer.from('näme: ü'))), 'näme: ü');
  t.equal(readConfigFile(write('bom', Buffer.from('\ufeffname: x'))), 'name: x');
  t.equal(readConfigFile(write('le', Buffer.from('\ufeffname: ü', 'utf16le'))), 'name: ü');
  t.equal(readConfigFile(write('be', Buffer.from('\ufeffname: ü', 'utf16le').swap16())), 'name: ü');
  t.throws(() => readConfigFile(write('nobom', Buffer.from('name: x', 'utf16le'))), { code: 'CONFIG_SYNTAX', message: /NUL/ });
  t.throws(() => readConfigFile(write('latin', Buffer.from([0x61, 0xe4, 0x62]))), { code: 'CONFIG_SYNTAX', message: /not text in UTF-8/ });
});

t.test('the limit is 1 MiB, also for a file without an end', { timeout: 10_000 }, async (t) => {
  const folder = t.testdir({ fits: 'x'.repeat(MAX_CONFIG_BYTES), large: 'x'.repeat(MAX_CONFIG_BYTES + 1) });
  t.equal(readConfigFile(join(folder, 'fits')).length, MAX_CONFIG_BYTES);
  t.throws(() => readConfigFile(join(folder, 'large')), { code: 'CONFIG_UNREADABLE', message: /1 MiB/ });
  t.throws(() => readConfigFile('/dev/zero'), { code: 'CONFIG_UNREADABLE', message: /1 MiB/ });
});

t.test('a missing file, a folder and an unreadable file each say what to do', async (t) => {
  const folder = t.testdir({ file: 'x', secret: 'x' });
  t.throws(() => readConfigFile(join(folder, 'absent')), {
    code: 'CONFIG_NOT_FOUND',
    message: /does not exist; name another file with --config/,
  });
  t.throws(() => readConfigFile(join(folder, 'file/below')), { code: 'CONFIG_NOT_FOUND' });
  t.throws(() => readConfigFile(folder), { code: 'CONFIG_UNREADABLE', message: /is a folder/ });
  t.equal(readConfigFile(join(folder, 'absent'), { optional: true }), undefined);
  chmodSync(join(folder, 'secret'), 0);
  if (process.getuid?.() === 0) t.comment('permissions do not bind this user');
  else t.throws(() => readConfigFile(join(folder, 'secret')), { code: 'CONFIG_UNREADABLE', message: /chmod/ });
});
