/** Chroma: the real server of the package chromadb. */
import t, { type Test } from 'tap';
import { findChromaProblem, startChromaServer } from '../support/chroma-server.js';
import { serviceSettings } from '../support/service-settings.js';
import { vectorServiceContract } from './vector-service.js';

t.test('chroma, a real server (VEC-03, W-83)', { skip: findChromaProblem() }, async (t) => {
  const server = await startChromaServer(t);
  let worlds = 0;
  const openWorld = async (_: Test) => {
    worlds += 1;
    return { settings: serviceSettings('chroma', { url: server.url, collection: `world ${worlds}` }), restart: () => server.restart() };
  };
  vectorServiceContract(t, openWorld, { isOpen: true });
});
