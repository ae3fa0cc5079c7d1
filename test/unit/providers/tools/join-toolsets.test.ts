import t from 'tap';
import type { ToolSettings } from '../../../../src/config/settings.js';
import type { Tool } from '../../../../src/providers/tools/contract.js';
import { joinToolsets, qualifyName } from '../../../../src/providers/tools/join-toolsets.js';
import { findWantedToolsets, mayBeOffered } from '../../../../src/providers/tools/may-be-offered.js';

const tool = (name: string): Tool => ({
  name,
  description: name,
  parameters: {},
  effect: 'pure',
  execute: async () => ({ content: name }),
});
const join = (own: readonly string[], offered: Readonly<Record<string, readonly string[]>>, wanted?: readonly string[]) =>
  joinToolsets(
    own.map(tool),
    Object.entries(offered).map(([toolset, names]) => ({ toolset, tools: names.map(tool) })),
    wanted,
  ).map(({ name }) => name);

t.test('a tool of a server keeps its name until another has it; then each is told by its server (TOOL-43)', async (t) => {
  t.same(join(['search'], { a: ['read', 'write'] }), ['search', 'read', 'write']);
  t.same(join(['search'], { a: ['read', 'search'], b: ['read'] }), ['search', 'a_read', 'a_search', 'b_read']);
});

t.test('an agent has what it names: a server, a tool of whichever server offers it, or one of one server (TOOL-43)', async (t) => {
  const offered = { a: ['read', 'write'], b: ['read'] };
  t.same(join([], offered, ['a']), ['read', 'write']);
  t.same(join([], offered, ['write']), ['write']);
  t.same(join([], offered, ['read']), ['a_read', 'b_read'], 'both offer it');
  t.same(join([], offered, ['b_read']), ['b_read'], 'as it was named');
  t.same(join([], offered, ['a', 'b_read']), ['read', 'write', 'b_read']);
  t.same(join([], { c: ['c_read'] }, ['read']), ['c_read'], 'with prefix: always it has its own name still');
  t.same(join(['search'], offered, ['search']), ['search']);
});

t.test('two servers whose names and tools make the same word: the first one has it', async (t) => {
  t.same(join([], { a_b: ['c', 'x'], a: ['b_c', 'x'], a_b_: ['x'] }), ['c', 'a_b_x', 'b_c', 'a_x', 'a_b__x']);
  t.equal(qualifyName('my.server', 'read'), 'my_server_read', 'models take no dots');
  t.ok(qualifyName('s'.repeat(60), 'tool-name').length <= 64);
});

t.test(
  'a name may be offered by an unfiltered server, or by one whose filter has it; internal ones offer nothing (CFG-91, TOOL-45)',
  async (t) => {
    const server = (change: object) => ({ type: 'mcp', enabled: true, internal: false, filter: undefined, ...change }) as ToolSettings;
    const filtered = { fs: server({ filter: ['read'], resources: true }) };
    t.same(
      ['fs', 'read', 'fs_read', 'write', 'fs_read_resource'].map((name) => mayBeOffered(name, filtered)),
      [true, true, true, false, true],
    );
    t.ok(mayBeOffered('anything', { fs: server({}) }));
    t.notOk(mayBeOffered('fs', { fs: server({ internal: true }) }));
    t.notOk(mayBeOffered('fs', { fs: server({ enabled: false }) }));
    const two = { a: server({}), b: server({ filter: ['x'] }) };
    t.same(findWantedToolsets(undefined, [], two), ['a', 'b']);
    t.same(findWantedToolsets(['search', 'b'], ['search'], two), ['b'], 'no other server is asked for its list');
    t.same(findWantedToolsets(['y'], [], two), ['a']);
    t.same(findWantedToolsets([], [], two), []);
  },
);
