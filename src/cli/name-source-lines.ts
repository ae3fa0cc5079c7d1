import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Stack traces of this process name the files and lines of the sources. A map is read with the first trace that leads through its file;
 * `--enable-source-maps` would read all of them at every start (50 ms, 5 MB).
 */
export function nameSourceLines(): void {
  const maps = new Map<string, SourceMap | undefined>();
  Error.prepareStackTrace = (error, sites) => {
    const lines = sites.map((site) => {
      const text = String(site);
      const start = text.lastIndexOf('file:');
      const [place = '', url = '', line = '', column = ''] = start === -1 ? [] : (PLACE.exec(text.slice(start)) ?? []);
      const found = place === '' || url.includes('/node_modules/') ? undefined : findPlace(maps, url, line, column);
      return found === undefined ? text : text.slice(0, start) + found + text.slice(start + place.length);
    });
    return [describe(error), ...lines].join('\n    at ');
  };
}

/** Packages keep the places of their own files. */
const PLACE = /^(file:[^\s()]+\.js):(\d+):(\d+)/;

function findPlace(maps: Map<string, SourceMap | undefined>, url: string, line: string, column: string): string | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  const entry = maps.get(url)?.findEntry(Number(line) - 1, Number(column) - 1);
  if (entry === undefined || !('originalSource' in entry)) return undefined;
  return `${fileURLToPath(new URL(entry.originalSource, url))}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    return undefined; // left behind: the trace keeps the places of the program
  }
}

function describe(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error'; // its name or message throws
  }
}
