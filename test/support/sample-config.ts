/** A configuration as the management API sees it: one text, which a caller may replace. */
import { AppError } from '../../src/base/errors.js';
import { restoreConfigText, showConfigText } from '../../src/config/edit-config-text.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { ConfigPort } from '../../src/studio/config-port.js';

const TEXT = `# Of the harbour
llms:
  main: { provider: openai, model: gpt-4o, api_key: "${'${OPENAI_API_KEY}'}" } # never the key itself
agents:
  assistant: { instruction: Answer about ferries. }
server:
  studio: { enabled: true }
`;

export function sampleConfig(): ConfigPort {
  const place = '/etc/hector/hector.yaml';
  const environment = { OPENAI_API_KEY: 'sk-1', HOME: '/nowhere' };
  let text = TEXT;
  let version = '5f1c7a90be34d286';
  const revision = () => (text === TEXT ? '6b1f' : '93d0');
  const build = (sent: string) =>
    loadSettings({ file: place, text: restoreConfigText(sent, text, place), loadedEnvironment: environment, workingDirectory: '/srv' });
  return {
    show: async () => ({ text: showConfigText(text, place), revision: revision() }),
    check: async (sent) => ({ settings: build(sent), restartKeys: [] }),
    async save(sent, { expected }) {
      if (expected !== undefined && expected !== revision())
        throw new AppError('CONFIG_CHANGED', { message: `${place} was changed since you read it; GET /api/config tells what it is` });
      const settings = build(sent);
      text = restoreConfigText(sent, text, place);
      version = settings.version;
      return { revision: revision(), version, restartKeys: [] };
    },
    status: () => ({ place, version, isWatched: true, loadedAt: 1_700_000_000_000, failure: undefined, restartKeys: [] }),
  };
}
