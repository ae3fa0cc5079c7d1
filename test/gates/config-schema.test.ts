import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import t from 'tap';
import { buildJsonSchema } from '../../src/config/json-schema.js';
import { parseConfigText } from '../../src/config/parse-config-text.js';

const folder = fileURLToPath(new URL('../../../config/', import.meta.url));

t.test('config/schema.json is what `hector schema` prints', async (t) => {
  const written = readFileSync(`${folder}schema.json`, 'utf8');
  t.ok(
    written === `${JSON.stringify(buildJsonSchema(), null, 2)}\n`,
    'config/schema.json is old; run: node dist/bundle/main.js schema > config/schema.json',
  );
});

t.test('every key is written as people write it: small letters and underscores (W-101)', async (t) => {
  const strange: string[] = [];
  let count = 0;
  const walk = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [word, member] of Object.entries(schema))
      if (word === 'properties')
        for (const [key, value] of Object.entries(member as object)) {
          count += 1;
          if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(key)) strange.push(`${at}.${key}`);
          walk(value, `${at}.${key}`);
        }
      else walk(member, at);
  };
  walk(buildJsonSchema(), '');
  t.ok(count > 100);
  t.same(strange, []);
});

t.test('config/schema.json accepts every configuration beside it', async (t) => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(readFileSync(`${folder}schema.json`, 'utf8')));
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  t.ok(files.length >= 3);
  for (const file of files) {
    const { value } = parseConfigText(readFileSync(folder + file, 'utf8'), file);
    t.ok(validate(value), `${file} ${JSON.stringify(validate.errors)}`);
  }
});
