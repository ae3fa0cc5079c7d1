import { opendir } from 'node:fs/promises';

/** Names in a folder, in parts of a bounded size, each sorted: an ordinary folder as a whole. */
export async function* listFolder(path: string, maxNames = 10_000): AsyncGenerator<readonly string[]> {
  let names: string[] = [];
  for await (const { name } of await opendir(path, { bufferSize: 256 })) {
    names.push(name);
    if (names.length < maxNames) continue;
    yield names.sort();
    names = [];
  }
  if (names.length > 0) yield names.sort();
}
