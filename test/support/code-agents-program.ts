/**
 * A program that extends Hector by agents in code, as a process that can be killed. Takes the arguments of `hector serve`. Tells on
 * standard output which effect it begins, as `effect <name>`, and which call of a handler, as `call <agent>`. Ends with its parent.
 */
import { parseArgs } from 'node:util';
import { armFaultPointsFromEnvironment, processEnvironment } from '../../src/config/environment.js';
// Not by the package's name: its bundle has fault points of its own, which nobody arms.
import { type AgentHandler, Hector, type Role } from '../../src/index.js';

const say = (line: string) => process.stdout.write(`${line}\n`);
const environment = processEnvironment();

/** Two artifacts around a `once` effect, each commit with its state. */
const booking: AgentHandler<{ stage: string }> = async function* ({ state, call }) {
  say('call booking');
  if (state.stage === undefined) {
    state.stage = 'begun';
    yield { type: 'artifact', artifactId: 'plan', parts: [{ text: 'the plan' }] };
  }
  const booked = await call('book', 'once', ({ idempotencyKey }) => {
    say('effect book');
    return { key: idempotencyKey };
  });
  if (state.stage === 'begun') {
    state.stage = 'booked';
    yield { type: 'artifact', artifactId: 'ticket', parts: [{ data: { booked: booked.key.length } }] };
  }
  yield 'all done';
};

/** Asks twice; the answers are in the state. */
const survey: AgentHandler<{ name: string }> = async function* ({ message, state, wait }) {
  say('call survey');
  const text = message.parts[0]?.text ?? '';
  if (wait === undefined) return yield { type: 'input-required', text: 'Your name?', metadata: { field: 'name' } };
  if (state.name === undefined) {
    state.name = text;
    return yield { type: 'input-required', text: `And your town, ${text}?` };
  }
  yield `${state.name} of ${text}`;
};

const stubborn: AgentHandler = async () => {
  say('call stubborn');
  await new Promise(() => setInterval(() => {}, 1_000));
};

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { config: { type: 'string' }, roles: { type: 'string', default: 'front,agent,keeper' } },
  allowPositionals: true,
});
armFaultPointsFromEnvironment();
const hector = new Hector({ config: values.config ?? '' });
if (environment['WITHOUT_HANDLERS'] === undefined) hector.agent('booking', booking).agent('survey', survey).agent('stubborn', stubborn);
await hector.serve({ roles: values.roles.split(',') as Role[], onReady: () => say(`Roles: ${values.roles}`) });
process.exit(0);
