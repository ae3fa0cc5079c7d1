import t from 'tap';
import { createScope } from '../../../../src/base/scope.js';
import type { FunctionToolSettings, ToolSettings } from '../../../../src/config/settings.js';
import type { Tool, ToolContext } from '../../../../src/providers/tools/contract.js';
import { type CreateToolsOptions, createTools } from '../../../../src/providers/tools/registry.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const own = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: `own ${name}`,
  parameters: { type: 'object' },
  effect: 'pure',
  execute: async (args) => ({ content: `${name} ${JSON.stringify(args)}` }),
  ...more,
});

const declare = (handler: string, more: Partial<FunctionToolSettings> = {}): ToolSettings => ({
  type: 'function',
  handler,
  enabled: true,
  description: undefined,
  requireApproval: undefined,
  approvalPrompt: undefined,
  effect: undefined,
  ...more,
});

const create = (changes: Partial<CreateToolsOptions> = {}) =>
  createTools({
    agent: 'helper',
    tools: undefined,
    documentStores: ['docs'],
    search: { search: async () => [] },
    extensions: [own('own')],
    clock: createSteeredClock(),
    ...changes,
  });
const names = (changes: Partial<CreateToolsOptions>) => create(changes).map(({ name }) => name);

t.test('tools: omitted = all, [] = none, else those named (CFG-31)', async (t) => {
  t.same(names({}), ['search', 'own']);
  t.same(names({ tools: [] }), []);
  t.same(names({ tools: ['search'] }), ['search']);
  t.same(names({ documentStores: [] }), ['own'], 'no stores, no search (RAG-50)');
  t.throws(() => names({ tools: ['search', 'fly'], documentStores: [] }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'agents.helper.tools[0]' }, { field: 'agents.helper.tools[1]' }],
  });
});

t.test(
  'a declared handler that is not built in waits for approval unless it says otherwise; code keeps its own flag (TOOL-01, TOOL-02)',
  async (t) => {
    const approvals = (declared: Record<string, ToolSettings>) =>
      Object.fromEntries(
        create({ declared, extensions: [own('plain'), own('careful', { requiresApproval: true })] }).map((tool) => [
          tool.name,
          tool.requiresApproval,
        ]),
      );
    t.same(approvals({}), { search: undefined, plain: undefined, careful: true });
    t.same(approvals({ a: declare('plain'), b: declare('careful', { requireApproval: false }), c: declare('search') }), {
      a: true,
      b: false,
      c: false,
    });
    t.same(approvals({ c: declare('search', { requireApproval: true }) }), { c: true, plain: undefined, careful: true });
  },
);

t.test('the configuration overrides what the handler says of itself; the handler runs', async (t) => {
  const declared = { pay: declare('own', { description: 'Pays', effect: 'once', approvalPrompt: 'Pay {cents}?' }) };
  const [tool] = create({ declared, tools: ['pay'] });
  t.match(tool, { name: 'pay', description: 'Pays', effect: 'once', approvalPrompt: 'Pay {cents}?', requiresApproval: true });
  t.match(await tool?.execute({ cents: 1 }, {} as never), { content: 'own {"cents":1}' });
  const [bare] = create({ declared: { pay: declare('own') }, tools: ['pay'] });
  t.match(bare, { description: 'own own', effect: 'pure' });
});

t.test('a declared tool is had as declared only: its handler is no way around the approval', async (t) => {
  const declared = { pay: declare('own') };
  t.same(names({ declared }), ['search', 'pay']);
  t.throws(() => names({ declared, tools: ['own'] }), {
    code: 'CONFIG_INVALID',
    problems: [{ description: "'own' is declared as 'pay'; name that" }],
  });
  t.same(names({ declared: { own: declare('own') } }), ['search', 'own']);
  t.same(names({ declared: { own: declare('own', { enabled: false }) } }), ['search'], 'switched off');
  t.throws(() => names({ declared: { own: declare('own', { enabled: false }) }, tools: ['own'] }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'agents.helper.tools[0]', description: 'tools.own.enabled is false' }],
  });
  t.throws(() => names({ declared: { find: declare('search') }, documentStores: [], hasDocumentStores: true, tools: ['find'] }), {
    code: 'CONFIG_INVALID',
    problems: [{ description: /document_stores/ }],
  });
});

t.test('a handler that does not exist is refused with the known ones', async (t) => {
  t.throws(() => create({ declared: { pay: declare('charge'), ask: declare('request_approval', { requireApproval: false }) } }), {
    code: 'CONFIG_INVALID',
    problems: [
      {
        field: 'tools.pay.handler',
        description:
          "there is no handler 'charge'; there is search, request_approval, todo_write, text_editor, read_file, write_file, search_replace, grep_search, apply_patch, web_request, web_fetch, web_search, own",
      },
      { field: 'tools.ask.require_approval', description: /always waits/ },
    ],
  });
});

t.test('search with nothing to search is refused; an agent without stores does without it while others have them', async (t) => {
  const declared = { find: declare('search') };
  t.throws(() => names({ declared, documentStores: [] }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'tools.find.handler', description: /'document_stores' has no entry/ }],
  });
  t.same(names({ declared, documentStores: [], hasDocumentStores: true }), ['own']);
  t.same(names({ declared: { find: declare('search', { enabled: false }) }, documentStores: [] }), ['own'], 'switched off');
  t.same(
    names({ declared: { find: declare('search') }, documentStores: [], extensions: [own('search')] }),
    ['find'],
    'code brings its own',
  );
});

t.test('request_approval always waits, and is had by agents that name it or when it is declared (spec/08 8.1)', async (t) => {
  t.notOk(names({}).includes('request_approval'));
  t.same(names({ tools: ['request_approval'] }), ['request_approval']);
  t.same(names({ declared: { ask_boss: declare('request_approval') } }), ['search', 'own', 'ask_boss']);
  t.same(names({ declared: { request_approval: declare('request_approval') } }), ['search', 'own', 'request_approval']);
  const [tool] = create({ tools: ['request_approval'] });
  t.match(tool, { requiresApproval: true, effect: 'pure', approvalPrompt: /\{action\}/ });
  t.match(await tool?.execute({ action: 'delete all' }, {} as never), { content: 'Approved by a person: delete all' });
});

t.test('in a tool in code even the callback of a timer knows for whom it works, named by the configuration or not (OBS-33)', async (t) => {
  const user = createScope<string>();
  const execute = () => new Promise<{ content: string }>((resolve) => setTimeout(() => resolve({ content: String(user.find()) }), 1));
  const tools = create({ declared: { named: declare('own') }, extensions: [own('own', { execute }), own('plain', { execute })] });
  for (const name of ['named', 'plain']) {
    const tool = tools.find((one) => one.name === name) as Tool;
    const call = (who: string) => user.within(who, () => tool.execute({}, {} as ToolContext));
    t.match(await Promise.all([call('ann'), call('bob')]), [{ content: 'ann' }, { content: 'bob' }], name);
    t.match(await tool.execute({}, {} as ToolContext), { content: 'undefined' }, name);
  }
});
