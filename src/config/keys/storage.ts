import { optional, type Static, section, text } from '../schema-builder.js';
import type { StorageSettings } from '../settings.js';

export const StorageSchema = section(
  {
    database: optional(
      text('Name in databases where tasks, sessions and documents are kept. Default: the one called default, else the first.', {
        minLength: 1,
      }),
    ),
  },
  'Where the durable state lives.',
);

export function resolveStorage(storage: Static<typeof StorageSchema>): StorageSettings {
  return { database: storage.database as string };
}
