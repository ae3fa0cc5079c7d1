/**
 * A program with two agents that stream as many chunks as their message says: `custom` in code, `model` by a language model behind
 * OpenAI's wire protocol at the address in the first argument. Serves on the port of the second; state goes to the working directory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Hector } from 'hector';
import { chunkText } from '../load/chunk-text.js';

const [modelUrl = '', port = ''] = process.argv.slice(2);
await new Hector({
  config: {
    llms: { peer: { provider: 'openai', base_url: modelUrl, api_key: 'none', api: 'chat', model: 'peer' } },
    agents: { model: { llm: 'peer' } },
    server: { host: '127.0.0.1', port: Number(port), drain_delay_ms: 0 },
    logger: { level: 'warn' },
  },
})
  // Shown at once, committed at the end. At the pace of a fast model: what is said faster is shown together.
  .agent('custom', async function* ({ message }) {
    for (let index = 0; index < Number(message.parts[0]?.text); index++) {
      yield chunkText(index);
      await sleep(1);
    }
  })
  // Each a commit of its own.
  .agent('committed', async function* ({ message }) {
    for (let index = 0; index < Number(message.parts[0]?.text); index++)
      yield { type: 'artifact', artifactId: 'response', append: index > 0, text: chunkText(index) };
  })
  .serve();
process.exit(0);
