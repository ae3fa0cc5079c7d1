import { createConsulStore } from '../../../src/config/sources/consul-store.js';
import { parseRemoteName } from '../../../src/config/sources/remote-place.js';
import { startConsulPeer } from '../peers/consul-peer.js';
import type { OpenConfigWorld } from './config-world.js';
import { openNamed } from './open-named.js';

const KEY = 'hector/config of ours';

export const openConsulWorld: OpenConfigWorld = async (t) => {
  const folder = t.testdir({});
  const peer = await startConsulPeer(t);
  const name = `consul://127.0.0.1:${peer.port}/${KEY}`;
  return {
    open: (clock) => openNamed(folder, name, {}, clock),
    openStore: () => createConsulStore(parseRemoteName(name, {})),
    put: async (text) => peer.put(KEY, text),
    remove: async () => peer.remove(KEY),
    stop: () => peer.stop(),
    start: () => peer.start(),
    async protect() {
      const strict = await startConsulPeer(t, { tokens: { 'token-of-writer': 'write', 'token-of-reader': 'read' } });
      strict.put(KEY, 'name: protected\n');
      const open = (environment: Record<string, string>) => openNamed(folder, `consul://127.0.0.1:${strict.port}/${KEY}`, environment);
      return {
        refused: [await open({}), await open({ CONSUL_HTTP_TOKEN: 'token-of-nobody' })],
        allowed: await open({ CONSUL_HTTP_TOKEN: 'token-of-nobody', HECTOR_CONFIG_TOKEN: 'token-of-writer' }),
        reader: await open({ CONSUL_HTTP_TOKEN: 'token-of-reader' }),
        secrets: ['token-of-nobody', 'token-of-reader', 'token-of-writer'],
      };
    },
  };
};
