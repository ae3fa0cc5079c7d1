import { join } from 'node:path';
import t from 'tap';
import { loadEnvironment } from '../../../src/config/environment.js';

t.test('.env files are read from three places; an earlier one wins, the process environment over all (CFG-06)', async (t) => {
  const folder = t.testdir({
    work: { '.env': 'A=work\nB=work\nC=work\nQUOTED="two\nlines"\n' },
    etc: { '.env': 'A=etc\nB=etc\nD=etc\n', 'h.yaml': '' },
    home: { '.hector': { '.env': 'A=home\nD=home\nE=home\n' } },
  });
  const environment = loadEnvironment({
    workingDirectory: join(folder, 'work'),
    configFile: join(folder, 'etc/h.yaml'),
    environment: { HOME: join(folder, 'home'), A: 'process' },
  });
  t.match(environment, { A: 'process', B: 'work', C: 'work', D: 'etc', E: 'home', QUOTED: 'two\nlines' });
});

t.test('a .env file that cannot be read is an error, not a silent absence', async (t) => {
  const folder = t.testdir({ '.env': {} });
  t.throws(() => loadEnvironment({ workingDirectory: folder, environment: { HOME: folder } }), {
    code: 'CONFIG_UNREADABLE',
    message: /is a folder/,
  });
});
