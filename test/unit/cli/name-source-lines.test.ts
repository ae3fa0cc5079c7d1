import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { nameSourceLines } from '../../../src/cli/name-source-lines.js';

/** A program of one line, and a map that knows where its second statement comes from. */
const PROGRAM = 'export const run = () => { throw new Error("here"); };\n//# sourceMappingURL=program.js.map\n';
const MAP = { version: 3, sources: ['../lib/origin.ts'], names: [], mappings: 'AAAA,0BASE' };

async function stackOf(t: Test, map: string | undefined): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hector-lines-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'program.js');
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(file, PROGRAM);
  if (map !== undefined) await writeFile(`${file}.map`, map);
  const { run } = (await import(pathToFileURL(file).href)) as { run(): void };
  const before = Error.prepareStackTrace;
  nameSourceLines();
  try {
    return caught(run);
  } finally {
    Error.prepareStackTrace = before;
  }
}

function caught(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).stack ?? '';
  }
  return 'nothing was thrown';
}

t.test('a place in a program is that of its source; without a map, or with a broken one, it stays', async (t) => {
  t.match(await stackOf(t, JSON.stringify(MAP)), /^Error: here\n {4}at run \(\/\S+\/lib\/origin\.ts:10:3\)\n {4}at /);
  for (const map of [undefined, '{']) t.match(await stackOf(t, map), /^Error: here\n {4}at run \(file:\S+\/program\.js:1:34\)\n/);
});

t.test('an error whose name or message cannot be read has a stack all the same', async (t) => {
  const before = Error.prepareStackTrace;
  t.teardown(() => {
    Error.prepareStackTrace = before;
  });
  nameSourceLines();
  const error = new Error('x');
  Object.defineProperty(error, 'message', {
    get() {
      throw new Error('not this way');
    },
  });
  t.match(error.stack, /^Error\n {4}at /);
});
