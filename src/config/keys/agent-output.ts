import type { StructuredOutputSettings } from '../llm-agent-settings.js';
import { flag, freeForm, integer, object, type Static, text } from '../schema-builder.js';

/** AGT-60 */
export const StructuredOutputSchema = object(
  {
    name: text('What the answer is called.', {
      default: 'response',
      pattern: '^[a-zA-Z][a-zA-Z0-9_-]{0,63}$',
      'x-form': 'a letter, then letters, digits, _ or -, at most 64 characters',
    }),
    strict: flag("The provider's own strict mode, where it has one.", { default: true }),
    schema: freeForm('JSON Schema of the answer.'),
    max_repairs: integer('Further tries after an answer that does not fit.', { default: 2, minimum: 0, maximum: 10 }),
  },
  'The answer is JSON that fits a schema.',
);

export function resolveStructuredOutput(output: Static<typeof StructuredOutputSchema> | undefined): StructuredOutputSettings | undefined {
  if (output === undefined) return undefined;
  const { name, strict, schema, max_repairs: maxRepairs } = output;
  return { name, strict, schema, maxRepairs };
}
