import t from 'tap';
import type { Knowledge } from '../../../src/knowledge/document-stores.js';
import { CurrentKnowledge } from '../../../src/runtime/current-knowledge.js';
import type { KnowledgeSettings } from '../../../src/runtime/knowledge-pool.js';

t.test('a set that is no longer current is let go of also when the one after it cannot begin to ingest (CFG-95)', async (t) => {
  const seen: string[] = [];
  const create = (name: string, start: () => Promise<void>) => ({
    knowledge: {
      stores: new Map([['handbook', {}]]),
      ingester: {
        start,
        close: async () => {
          seen.push(`${name} ends`);
          if (name === 'first') throw new Error('its source does not close');
        },
      },
    } as unknown as Knowledge,
    release: async () => void seen.push(`${name} is released`),
  });
  const sets = [
    create('first', async () => undefined),
    create('second', async () => {
      throw new Error('no queue');
    }),
    create('third', async () => void seen.push('third begins')),
  ];
  const pool = { hold: () => sets.shift() ?? t.bailout('a set too many') } as ConstructorParameters<typeof CurrentKnowledge>[0]['pool'];
  const settings = {} as KnowledgeSettings;
  const current = new CurrentKnowledge({ pool, settings, ingests: true });
  await current.start();
  await t.rejects(current.follow(settings));
  t.same(seen, ['first ends', 'first is released']);
  await current.follow(settings);
  t.same(seen.slice(2), ['third begins', 'second ends', 'second is released']);
});
