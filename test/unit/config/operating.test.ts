import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadSettings } from '../../../src/config/load-settings.js';
import { createMetrics } from '../../../src/observe/metrics.js';

const PAGE = readFileSync('config/operating.md', 'utf8');

t.test('every example for operators loads, and says something', async (t) => {
  const examples = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  t.equal(examples.length, 9);
  for (const text of examples) {
    const folder = t.testdir({ 'hector.yaml': text, 'empty.yaml': '', home: {} });
    const load = (file: string) => loadSettings({ file, workingDirectory: folder, environment: { HOME: join(folder, 'home') } });
    const { version, ...settings } = load('hector.yaml');
    t.not(version, load('empty.yaml').version);
    t.ok(Object.keys(settings.agents).length > 0, text);
  }
});

t.test('the page for operators names metrics that there are', async (t) => {
  const metrics = createMetrics();
  const { body } = await metrics.render();
  const served = [...body.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name);
  const named = [...PAGE.matchAll(/^\| `(hector_\w+)` \|/gm)].map(([, name]) => name);
  t.ok(named.length >= 8);
  t.same(
    named.filter((name) => !served.includes(name)),
    [],
  );
});
