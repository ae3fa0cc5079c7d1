import t from 'tap';
import { createTrimEmbeddings } from '../../../../src/providers/embedders/trim-embeddings.js';
import { embedderSettings } from '../../../support/embedder-settings.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

t.test(
  'the keeper trims by what each embedder of the configuration may keep: the larger of two limits, nothing where it is off (EMB-05)',
  async (t) => {
    const clock = createSteeredClock();
    const calls: (readonly [limits: readonly number[], unusedSince: number])[] = [];
    const trim = createTrimEmbeddings({
      embedders: {
        a: embedderSettings({ provider: 'openai', model: 'm', cache: { enabled: true, maxEntries: 10 } }),
        same: embedderSettings({ provider: 'openai', model: 'm', cache: { enabled: true, maxEntries: 20 } }),
        elsewhere: embedderSettings({
          provider: 'openai',
          model: 'm',
          baseUrl: 'http://other/v1',
          cache: { enabled: true, maxEntries: 30 },
        }),
        off: embedderSettings({ provider: 'cohere', model: 'm', cache: { enabled: false, maxEntries: 40 } }),
        own: embedderSettings(),
      },
      store: {
        trim: async (limits, unusedSince) => {
          calls.push([[...limits.values()].sort((x, y) => x - y), unusedSince]);
          return 0;
        },
      },
      clock,
    });
    await trim(new AbortController().signal);
    t.same(calls, [[[0, 20, 30], clock.now() - 90 * 86_400_000]]);
  },
);
