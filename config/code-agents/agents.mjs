// Agents in code. From the repository's folder, after `npm run build`:
//   node config/code-agents/agents.mjs
//   node config/code-agents/agents.mjs --roles front     (each role in a process of its own)
//   node config/code-agents/agents.mjs --roles agent,keeper
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Hector } from 'hector';

/**
 * Asks for what is missing, charges once, answers with two parts. It may be called again at any commit, by another process:
 * everything that it must know then is in `state`, everything that must not happen twice is a `call`.
 */
async function* orderDesk({ message, state, wait, task, call, signal }) {
  const said = message.parts.map((part) => part.text ?? '').join(' ');
  if (wait === undefined) state.item = said.trim();
  else if (/^(small|large)$/i.test(said.trim())) state.size = said.trim().toLowerCase();
  if (state.size === undefined) {
    yield { type: 'input-required', text: `Which size of ${state.item}: small or large?` };
    return;
  }

  // Begun at most once, whatever dies: its intent is in the log before it runs, its result right after.
  const receipt = await call('charge', 'once', ({ idempotencyKey }) => ({
    cents: state.size === 'large' ? 900 : 500,
    key: idempotencyKey,
  }));

  for (const word of `One ${state.size} ${state.item} is on its way.`.split(/(?<= )/)) {
    if (signal.aborted) return;
    yield word; // shown at once, committed with what follows
  }
  yield {
    type: 'artifact',
    artifactId: 'receipt',
    parts: [{ text: `Paid: ${receipt.cents} cents` }, { data: { task: task.id, ...receipt }, mediaType: 'application/json' }],
  };
  yield { type: 'completed', metadata: { cents: receipt.cents } };
}

/** A plain function does for an agent that answers in one go: here with a message and no task. */
const clock = () => ({ type: 'message', text: new Date().toISOString() });

const { values } = parseArgs({ options: { roles: { type: 'string' }, config: { type: 'string' } } });
const config = values.config ?? fileURLToPath(new URL('hector.yaml', import.meta.url));

await Hector.fromConfig(config)
  .agent('order-desk', orderDesk)
  .agent('clock', clock, { description: 'Tells the time.', directMessages: true })
  .serve({
    ...(values.roles === undefined ? {} : { roles: values.roles.split(',') }),
    onReady: ({ url }) => process.stdout.write(url === '' ? 'ready\n' : `${url}/agents\n`),
  });
