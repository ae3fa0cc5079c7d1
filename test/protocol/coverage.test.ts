/** The gate between `requirements.ts` and the titles of the tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { REQUIREMENTS, type Requirement } from './requirements.js';

type Binding = 'json-rpc' | 'rest' | 'grpc';

/** Folders whose titles may speak of A2A requirements; elsewhere the same letters can mean other things. */
const FOLDERS = ['test/protocol', 'test/unit/a2a', 'test/unit/access', 'test/unit/protocol', 'test/unit/http', 'test/flow'];
const CITATION = /\(([^()]*)\)/g;
const ID_PATTERN = /^(?:AC|G|X|D|S|T|K|L|N|P|M|E|V|H|U|J|RE|GR|Z)\d{1,2}$/;
const RANGE = /^([A-Z]{1,2})(\d{1,2})[–-](?:[A-Z]{1,2})?(\d{1,2})$/;

/** The bindings that a file's tests speak, by its name; without a word for it, JSON-RPC. */
function bindingsOf(file: string): readonly Binding[] {
  const name = basename(file);
  if (/^(every-binding|list-tasks-bindings|sdk-)/.test(name)) return ['json-rpc', 'rest', 'grpc'];
  if (name.startsWith('rest')) return ['rest'];
  if (name.startsWith('grpc')) return ['grpc'];
  // Of the folders below, only these speak a binding at all.
  return /^test\/(protocol|flow)\//.test(file) ? ['json-rpc'] : [];
}

const NEEDED: Readonly<Record<Requirement['bindings'], readonly Binding[]>> = {
  all: ['json-rpc', 'rest', 'grpc'],
  json: ['json-rpc', 'rest'],
  http: [],
  any: [],
  'json-rpc': ['json-rpc'],
  rest: ['rest'],
  grpc: ['grpc'],
};

const cited = new Map<string, { readonly file: string; readonly bindings: Set<Binding> }>();
for (const file of FOLDERS.flatMap(testFiles)) {
  for (const [, title] of readFileSync(file, 'utf8').matchAll(/\.test\(\s*(['"`].*?['"`]),/g)) {
    for (const id of idsOf(title as string)) {
      const known = cited.get(id) ?? { file, bindings: new Set() };
      for (const binding of bindingsOf(file)) known.bindings.add(binding);
      cited.set(id, known);
    }
  }
}

/** `(P1–P3, E4)` cites four. */
function idsOf(title: string): string[] {
  return [...title.matchAll(CITATION)]
    .flatMap(([, list]) => (list as string).split(/[\s,;]+/))
    .flatMap((word) => {
      const [, area, first, last] = RANGE.exec(word) ?? [];
      return area === undefined
        ? [word]
        : Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => `${area}${Number(first) + index}`);
    })
    .filter((word) => ID_PATTERN.test(word));
}

t.test('titles are read as they are meant', async (t) => {
  t.same(idsOf('a thing (P1–P3, E4) that (not this) happens (Z4; T10)'), ['P1', 'P2', 'P3', 'E4', 'Z4', 'T10']);
  t.same(bindingsOf('test/protocol/rest-errors.test.ts'), ['rest']);
  t.same(bindingsOf('test/unit/access/guarded-post.test.ts'), []);
});

t.test('every built requirement is cited by the title of a test of each binding that it names', async (t) => {
  const missing = REQUIREMENTS.filter(({ status }) => status === 'built').flatMap(({ id, bindings, summary }) => {
    const found = cited.get(id);
    if (found === undefined) return [`${id}: ${summary}`];
    return NEEDED[bindings].filter((binding) => !found.bindings.has(binding)).map((binding) => `${id} over ${binding}: ${summary}`);
  });
  t.same(missing, []);
});

t.test('a requirement that is tested is not called later', async (t) => {
  t.same(
    REQUIREMENTS.filter(({ id, status }) => status === 'later' && cited.has(id)).map(
      ({ id }) => `${id} in ${cited.get(id)?.file}: set it to built`,
    ),
    [],
  );
});

t.test('titles cite requirements that exist, and each has one entry', async (t) => {
  const known = REQUIREMENTS.map(({ id }) => id);
  t.equal(new Set(known).size, known.length);
  t.same(
    [...cited].filter(([id]) => !known.includes(id)).map(([id, { file }]) => `${id} in ${file}`),
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
