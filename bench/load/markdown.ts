import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** The repository's own Markdown, so many characters of it; each round through it differs, so that nothing is known from the one before. */
export async function readMarkdown(length: number): Promise<string> {
  const folders = await Promise.all(
    ['src', 'config', 'bench', 'test'].map(async (folder) => [folder, await readdir(folder, { recursive: true })] as const),
  );
  const files = folders.flatMap(([folder, names]) => names.filter((name) => name.endsWith('.md')).map((name) => path.join(folder, name)));
  const texts = await Promise.all(files.sort().map((name) => readFile(path.resolve(name), 'utf8')));
  const parts: string[] = [];
  for (let total = 0, round = 0; total < length; round++)
    for (const part of texts) {
      parts.push(`${part}\n\nRound ${round}.\n\n`);
      total += part.length;
    }
  return parts.join('').slice(0, length);
}
