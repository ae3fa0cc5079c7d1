import { systemClock } from '../../../src/base/clock.js';
import { parseRemoteName } from '../../../src/config/sources/remote-place.js';
import { createZooKeeperStore } from '../../../src/config/sources/zookeeper/zookeeper-store.js';
import { startZooKeeperPeer } from '../peers/zookeeper-peer.js';
import type { OpenConfigWorld } from './config-world.js';
import { openNamed } from './open-named.js';

const PATH = '/hector/config';

export const openZooKeeperWorld: OpenConfigWorld = async (t) => {
  const folder = t.testdir({});
  const peer = await startZooKeeperPeer(t);
  const name = `zookeeper://127.0.0.1:${peer.port}${PATH}`;
  return {
    open: (clock) => openNamed(folder, name, {}, clock),
    openStore: () => createZooKeeperStore(parseRemoteName(name, {}), systemClock),
    put: async (text) => peer.set(PATH, text),
    remove: async () => peer.remove(PATH),
    stop: () => peer.stop(),
    start: () => peer.start(),
    async protect() {
      const strict = await startZooKeeperPeer(t, { owner: 'hector:password-of-hector' });
      strict.create(PATH, 'name: protected\n');
      const open = (password: string) =>
        openNamed(folder, `zookeeper://127.0.0.1:${strict.port}${PATH}`, {
          HECTOR_CONFIG_USERNAME: 'hector',
          HECTOR_CONFIG_PASSWORD: password,
        });
      return {
        refused: [await openNamed(folder, `zookeeper://127.0.0.1:${strict.port}${PATH}`), await open('password-of-nobody')],
        allowed: await open('password-of-hector'),
        secrets: ['password-of-hector', 'password-of-nobody'],
      };
    },
  };
};
