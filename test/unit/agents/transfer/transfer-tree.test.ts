import t from 'tap';
import { findMemberOf, findTransferMembers } from '../../../../src/agents/transfer/transfer-tree.js';
import { agentSettings } from '../../../support/test-settings.js';

const AGENTS = {
  desk: agentSettings({ subAgents: ['sales', 'flow', 'code'] }),
  sales: agentSettings({ subAgents: ['prices'] }),
  prices: agentSettings({ disallowTransferToParent: true }),
  flow: agentSettings({ type: 'sequential', subAgents: ['inner', 'sales'] }),
  inner: agentSettings({ type: 'parallel', subAgents: ['deep'] }),
  deep: agentSettings(),
  code: agentSettings({ type: 'custom' }),
};

t.test('members are what sub_agents of models lead to; each may hand over down, up and sideways (AGT-20, AGT-22)', async (t) => {
  t.same(findTransferMembers(AGENTS, 'desk'), [
    { name: 'desk', branch: 'desk', targets: ['sales', 'flow', 'code'] },
    { name: 'sales', branch: 'desk.sales', targets: ['prices', 'desk', 'flow', 'code'] },
    { name: 'flow', branch: 'desk.flow', targets: [] },
    { name: 'code', branch: 'desk.code', targets: [] },
    { name: 'prices', branch: 'desk.sales.prices', targets: [] },
  ]);
  const closed = { ...AGENTS, sales: { ...AGENTS.sales, disallowTransferToPeers: true } };
  t.same(findTransferMembers(closed, 'desk')[1]?.targets, ['prices', 'desk']);
  t.same(
    findTransferMembers(AGENTS, 'sales'),
    [
      { name: 'sales', branch: 'sales', targets: ['prices'] },
      { name: 'prices', branch: 'sales.prices', targets: [] },
    ],
    'seen from itself it is the root',
  );
});

t.test('a message belongs to its author, or to the workflow that the author works in (AGT-21)', async (t) => {
  const members = findTransferMembers(AGENTS, 'desk');
  const owners = ['desk', 'prices', 'code', 'inner', 'deep', 'sales', 'gone'].map((author) => findMemberOf(AGENTS, members, author));
  t.same(owners, ['desk', 'prices', 'code', 'flow', 'flow', 'sales', undefined]);
});
