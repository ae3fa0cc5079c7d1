// Writes dist/bundle/: what `hector`, `npm start` and `import … from 'hector'` run. See setup/bundle.mjs.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './setup/bundle.mjs';

const { ok, output } = await bundle(join(dirname(fileURLToPath(import.meta.url)), '..'));
if (!ok) {
  process.stderr.write(output);
  process.exitCode = 1;
}
