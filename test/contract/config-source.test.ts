import t from 'tap';
import { openConsulWorld } from '../support/config-worlds/consul-world.js';
import { createEtcdWorlds } from '../support/config-worlds/etcd-world.js';
import { openFileWorld } from '../support/config-worlds/file-world.js';
import { openZooKeeperWorld } from '../support/config-worlds/zookeeper-world.js';
import { findEtcdProblem } from '../support/etcd-server.js';
import { configSourceContract } from './config-source.js';

t.test('a file', async (t) => configSourceContract(t, openFileWorld));
t.test('Consul (W-104)', async (t) => configSourceContract(t, openConsulWorld));
t.test('etcd (W-104)', { skip: findEtcdProblem() }, async (t) => configSourceContract(t, await createEtcdWorlds(t)));
t.test('ZooKeeper (W-104)', async (t) => configSourceContract(t, openZooKeeperWorld));
