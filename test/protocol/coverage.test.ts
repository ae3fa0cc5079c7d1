/** The gate between `requirements.ts` and the titles of the tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { REQUIREMENTS } from './requirements.js';

/** Folders whose titles may speak of A2A requirements; elsewhere the same letters can mean other things. */
const FOLDERS = ['test/protocol', 'test/unit/a2a', 'test/unit/protocol', 'test/unit/http', 'test/flow'];
const CITATION = /\(([^()]*)\)/g;
const ID_PATTERN = /^(?:AC|G|X|D|S|T|K|L|N|P|M|E|V|H|U|J|RE|GR|Z)\d{1,2}$/;

const cited = new Map<string, string>();
for (const folder of FOLDERS) {
  for (const file of testFiles(folder)) {
    for (const [, title] of readFileSync(file, 'utf8').matchAll(/\.test\(\s*(['"`].*?['"`]),/g)) {
      for (const [, list] of (title as string).matchAll(CITATION)) {
        for (const word of (list as string).split(/[\s,;]+/)) if (ID_PATTERN.test(word)) cited.set(word, file);
      }
    }
  }
}

t.test('every built requirement is cited by a test title', async (t) => {
  t.same(
    REQUIREMENTS.filter(({ id, status }) => status === 'built' && !cited.has(id)).map(({ id, summary }) => `${id}: ${summary}`),
    [],
  );
});

t.test('a requirement that is tested is not called later', async (t) => {
  t.same(
    REQUIREMENTS.filter(({ id, status }) => status === 'later' && cited.has(id)).map(
      ({ id }) => `${id} in ${cited.get(id)}: set it to built`,
    ),
    [],
  );
});

t.test('titles cite requirements that exist, and each has one entry', async (t) => {
  const known = REQUIREMENTS.map(({ id }) => id);
  t.equal(new Set(known).size, known.length);
  t.same(
    [...cited].filter(([id]) => !known.includes(id)),
    [],
  );
  t.equal(known.length, 125, 'none got lost');
});

function testFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name));
  } catch {
    // Not every folder exists in every state of the project.
    return [];
  }
}
