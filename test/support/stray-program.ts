/** A program whose agent leaves a rejected promise behind. Tells its URL on standard output; ends with SIGTERM. */
import { Hector, type JsonObject } from 'hector';

const config = JSON.parse(process.argv[2] ?? '{}') as JsonObject;
await new Hector({ config })
  .agent('careless', async function* ({ message }) {
    yield 'begun';
    const failing = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('nobody listens to this');
    };
    if (message.parts[0]?.text === 'fail') void failing();
    await new Promise((resolve) => setTimeout(resolve, message.parts[0]?.text === 'fail' ? 600_000 : 300));
    yield ' and done';
  })
  .serve({ onReady: ({ url }) => process.stdout.write(`${url}\n`) });
process.stdout.write('ended\n');
process.exit(0);
