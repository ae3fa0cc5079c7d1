import { decodePercent } from '../base/decode-percent.js';
import { settingsToDocument } from './print-settings.js';
import type { Settings } from './settings.js';

/** Every secret that these settings hold, wherever it came from, so that no log line shows it (SEC-17). */
export function listSecrets(settings: Settings): readonly string[] {
  const secrets = new Set<string>();
  settingsToDocument(settings, (value, schema) => {
    if (schema.writeOnly === true) secrets.add(value);
    const written = URL.canParse(value) ? new URL(value).password : '';
    const password = decodePercent(written) ?? written;
    if (password !== '') secrets.add(password);
    return value;
  });
  return [...secrets];
}
