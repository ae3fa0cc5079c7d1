/** What the agent's own loop costs, without a model's or a tool's time, a database or a network. */
import { measureLoop } from '../../test/support/measure-loop.js';
import { type Line, type Measurement, type Row, readCount } from '../frame/measurement.js';

const MESSAGES = [1, 10, 100];
const METHOD =
  'Steps of an LLM agent in this process, with a model and tools that answer at once and nothing kept, behind 1, 10 and 100 messages of history, a third of them calls and results. Each repeat is the median of many runs, after half as many to warm up. Of a tool call: what each of nine further calls in one answer adds.';
const row = (name: string, question: string): Row => ({ name, question, method: METHOD, unit: 'µs', better: 'lower' });

export const loop: Measurement = {
  name: 'loop',
  budgetSeconds: { full: 20, quick: 6 },
  rows: [
    row('loop-model-call', 'What does a model call cost beside the model?'),
    row('loop-tool-call', 'What does a tool call cost beside the tool?'),
  ],
  async measure(run) {
    const runs = readCount(run, 'runs', run.isQuick ? 200 : 1_000);
    const lines: Line[] = [];
    for (const messages of MESSAGES) {
      const figures = [];
      for (let repeat = 0; repeat < run.repeats; repeat++) figures.push(await measureLoop({ messages, runs }));
      const names = { target: `${messages} messages`, comparedWith: messages === MESSAGES[0] ? undefined : `${MESSAGES[0]} messages` };
      lines.push({ row: 'loop-model-call', ...names, repeats: figures.map(({ modelCallUs }) => modelCallUs) });
      lines.push({ row: 'loop-tool-call', ...names, repeats: figures.map(({ toolCallUs }) => toolCallUs) });
    }
    return lines;
  },
};
