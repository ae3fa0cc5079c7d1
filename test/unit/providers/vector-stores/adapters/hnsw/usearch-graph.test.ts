import Module from 'node:module';
import t from 'tap';
import { systemClock } from '../../../../../../src/base/clock.js';
import { silentLogger } from '../../../../../../src/observe/log.js';
import { createVectorStore } from '../../../../../../src/providers/vector-stores/registry.js';
import { createThreadPools } from '../../../../../../src/threads/pools.js';
import { hnswSettings } from '../../../../../support/index-settings.js';
import { tempFolder } from '../../../../../support/knowledge-rig.js';

type Resolve = (request: string, ...rest: unknown[]) => string;

t.test('without its package the engine usearch is refused at once, with the command that brings it (VEC-09)', async (t) => {
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = (request, ...rest) => {
    if (request === 'usearch') throw Object.assign(new Error("Cannot find module 'usearch'"), { code: 'MODULE_NOT_FOUND' });
    return resolve(request, ...rest);
  };
  t.teardown(() => {
    loader._resolveFilename = resolve;
  });
  const pools = createThreadPools({ log: silentLogger, cores: 1 });
  t.teardown(() => pools.close());
  const create = (engine: 'hnswlib' | 'usearch') =>
    createVectorStore(hnswSettings(tempFolder(t), { engine }), { name: 'v', pools, clock: systemClock, log: silentLogger });
  t.throws(() => create('usearch'), { code: 'INDEX_ENGINE_MISSING', message: /npm install usearch/ });
  t.equal(create('hnswlib').type, 'hnsw');
});
