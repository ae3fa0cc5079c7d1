import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { createEtcdStore } from '../../../src/config/sources/etcd-store.js';
import { parseRemoteName } from '../../../src/config/sources/remote-place.js';
import { startEtcdServer } from '../etcd-server.js';
import type { OpenConfigWorld } from './config-world.js';
import { openNamed } from './open-named.js';

/** All worlds on one server. */
export async function createEtcdWorlds(t: Test): Promise<OpenConfigWorld> {
  const server = await startEtcdServer(t);
  return async (t) => {
    const folder = t.testdir({});
    const key = `/hector/${randomUUID()}`;
    const name = `etcd://127.0.0.1:${server.port}/${key}`;
    const open = (environment: Record<string, string>) => openNamed(folder, name, environment);
    return {
      open: (clock) => openNamed(folder, name, {}, clock),
      openStore: () => createEtcdStore(parseRemoteName(name, {})),
      compact: () => server.compact(),
      put: (text) => server.put(key, text),
      remove: () => server.remove(key),
      stop: () => server.stop(),
      start: () => server.start(),
      async protect() {
        await server.put(key, 'name: protected\n');
        await server.put(`${key}/other`, 'name: other\n');
        await server.protect(key, 'hector', 'password-of-hector');
        const user = { HECTOR_CONFIG_USERNAME: 'hector', HECTOR_CONFIG_PASSWORD: 'password-of-hector' };
        const reader = await open(user);
        return {
          refused: [
            await open({}),
            await open({ ...user, HECTOR_CONFIG_PASSWORD: 'password-of-nobody' }),
            await openNamed(folder, `${name}/other`, user),
          ],
          allowed: await open({ HECTOR_CONFIG_USERNAME: 'root', HECTOR_CONFIG_PASSWORD: 'of-the-test' }),
          reader,
          secrets: ['password-of-hector', 'password-of-nobody', 'of-the-test'],
        };
      },
    };
  };
}
