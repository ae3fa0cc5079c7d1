import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenConfigWorld } from './config-world.js';
import { openNamed } from './open-named.js';

export const openFileWorld: OpenConfigWorld = async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'hector.yaml');
  return {
    open: (clock) => openNamed(folder, file, {}, clock),
    put: async (text) => writeFileSync(file, text),
    remove: async () => rmSync(file),
  };
};
