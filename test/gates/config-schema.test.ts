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

t.test('config/schema.json accepts every configuration beside it', async (t) => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(readFileSync(`${folder}schema.json`, 'utf8')));
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  t.ok(files.length >= 3);
  for (const file of files) {
    const { value } = parseConfigText(readFileSync(folder + file, 'utf8'), file);
    t.ok(validate(value), `${file} ${JSON.stringify(validate.errors)}`);
  }
});
