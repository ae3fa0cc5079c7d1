/**
 * A program with one agent, `scripted`, which does what the script in its message says. Takes the arguments of `hector serve`. Every call
 * of the handler, so every attempt after a crash, says other words.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type AgentHandler, Hector, type Output, type Role } from 'hector';
import { type RunScript, type ScriptStep, scriptedText } from './run-script.js';

interface State {
  steps: ScriptStep[];
  /** The first step that no commit has behind it. */
  at: number;
}

const scripted: AgentHandler<State> = async function* ({ message, state, signal }) {
  state.steps ??= [...(JSON.parse(message.parts[0]?.text ?? '') as RunScript).steps];
  const attempt = randomBytes(3).toString('hex');
  for (let at = state.at ?? 0; at < state.steps.length; at++) {
    const step = state.steps[at] as ScriptStep;
    if (step.type === 'pause') {
      await sleep(step.ms, undefined, { signal });
      continue;
    }
    // Committed with the output itself; text is committed with the output behind it.
    if (step.type !== 'text') state.at = at + 1;
    yield toOutput(step, scriptedText(at, attempt, step.length));
  }
};

function toOutput(step: Exclude<ScriptStep, { type: 'pause' }>, text: string): Output {
  if (step.type === 'text') return { type: 'text', artifactId: step.artifactId, text };
  if (step.type !== 'artifact') return { type: step.type, text };
  const { artifactId, append, lastChunk } = step;
  const values = Array.from({ length: step.values }, (_, index) => ({ data: { value: index, text } }));
  return { type: 'artifact', artifactId, append, lastChunk, parts: [{ text }, ...values] };
}

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { config: { type: 'string' }, roles: { type: 'string', default: 'front,agent,keeper' } },
  allowPositionals: true,
});
const hector = new Hector({ config: values.config ?? '' }).agent('scripted', scripted, { outputModes: ['text/plain', 'application/json'] });
await hector.serve({ roles: values.roles.split(',') as Role[], onReady: () => process.stdout.write(`Roles: ${values.roles}\n`) });
process.exit(0);
