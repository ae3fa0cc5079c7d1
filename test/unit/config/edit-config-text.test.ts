import t from 'tap';
import { restoreConfigText, showConfigText } from '../../../src/config/edit-config-text.js';

const STORED = `# Ours
tools:
  search: { type: mcp, url: "https://h/mcp?mode=fast&api_key=pw-one" }
  files:
    type: mcp
    command: x
    env: { MY_SECRET: "https://hooks.example/pw-two", CACHE_URL: "redis://:pw-three@r", MODE: plain }
databases: { main: { driver: postgres, url: "postgres://h/d?password=pw-four" } }
server: { port: 1 }
`;

t.test('no secret is in the text that is shown, in no address either, and each is back when it is saved (SEC-17, API-04)', async (t) => {
  const shown = showConfigText(STORED, 'h.yaml');
  t.notMatch(shown, /pw-|server/);
  t.match(shown, 'https://h/mcp?mode=fast&api_key=********');
  t.match(shown, 'redis://:********@r');
  const saved = restoreConfigText(shown.replace('plain', 'loud'), STORED, 'h.yaml');
  for (const secret of ['pw-one', 'pw-two', 'pw-three', 'pw-four', 'server: { port: 1 }', '# Ours', 'MODE: loud']) t.match(saved, secret);
  t.throws(() => restoreConfigText(shown.replace('mode=fast', 'mode=slow'), STORED, 'h.yaml'), { code: 'CONFIG_INVALID' });
});
