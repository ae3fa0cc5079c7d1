/**
 * `npm run bench -- loop [--runs 2000]`: what the agent's own loop costs, without a model's or a tool's time, a database or a network: per
 * model call and per tool call, behind 1, 10 and 100 messages of history (method in README.md).
 */
import { parseArgs } from 'node:util';
import { measureLoop } from '../test/support/measure-loop.js';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } });
const runs = Number(values.runs);
console.log(`loop: what does a model call, and a tool call, cost beside the model and the tool? (median of ${runs} runs each)`);
for (const messages of [1, 10, 100]) {
  const { modelCallUs, toolCallUs } = await measureLoop({ messages, runs });
  console.log(`  ${String(messages).padStart(4)} messages  model call ${modelCallUs.toFixed(1)} µs  tool call ${toolCallUs.toFixed(1)} µs`);
}
