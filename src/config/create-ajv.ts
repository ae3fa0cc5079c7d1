import { createRequire } from 'node:module';
import type { Ajv, Options } from 'ajv';

const require = createRequire(import.meta.url);

/**
 * A validator for a schema that somebody else wrote, in the dialect that its `$schema` names; draft 7 unless that is 2020-12.
 * Loaded at the first use: most processes meet no such schema.
 */
export function createAjv(dialect: unknown, options: Options): Ajv {
  if (String(dialect).includes('2020-12')) {
    const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
    return new Ajv2020(options);
  }
  const loaded = require('ajv') as typeof import('ajv');
  return new loaded.Ajv(options);
}
