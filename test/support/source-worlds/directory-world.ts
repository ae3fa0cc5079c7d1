import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../knowledge-rig.js';
import { MAX_DOCUMENT_BYTES, type OpenWorld } from './source-world.js';

export const openDirectoryWorld: OpenWorld = async (t) => {
  const parent = tempFolder(t);
  const path = join(parent, 'docs');
  const fileOf = (name: string) => join(path, `${name}.txt`);
  mkdirSync(path);
  return {
    settings: { type: 'directory', path, include: ['*.txt'], exclude: [], maxFileBytes: MAX_DOCUMENT_BYTES },
    id: (name) => `${name}.txt`,
    put: (name, text) => writeFileSync(fileOf(name), text),
    remove: (name) => rmSync(fileOf(name)),
    spoil: (name) => writeFileSync(fileOf(name), 'x'.repeat(MAX_DOCUMENT_BYTES + 1)),
    breakListing: (isBroken) => (isBroken ? renameSync(path, join(parent, 'gone')) : renameSync(join(parent, 'gone'), path)),
  };
};
