import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Stack traces of this process name the files and lines of the sources. A map is read with the first trace that leads through its file;
 * `--enable-source-maps` would read all of them at every start (50 ms, 5 MB).
 */
export function nameSourceLines(): void {
  const maps: Maps = new Map();
  Error.prepareStackTrace = (error, sites) => [describe(error), ...sites.map((site) => describeSite(site, maps))].join('\n    at ');
}

type Maps = Map<string, SourceMap | undefined>;

function describeSite(site: NodeJS.CallSite, maps: Maps): string {
  const text = String(site);
  const [url, line, column] = [site.getFileName(), site.getLineNumber(), site.getColumnNumber()];
  // Packages keep the places of their own files.
  if (!url?.startsWith('file:') || url.includes('/node_modules/') || line === null || column === null) return text;
  const place = findPlace(maps, url, line, column);
  return place === undefined ? text : text.replace(`${url}:${line}:${column}`, () => place);
}

function findPlace(maps: Maps, url: string, line: number, column: number): string | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  const entry = maps.get(url)?.findEntry(line - 1, column - 1);
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
