/** Markdown stays as written: its marks carry structure. Only front matter is taken out, its lines left empty. */
import type { ExtractedText } from './extracted-text.js';

export function extractMarkdown(source: string): ExtractedText {
  const frontMatter = /^---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(source);
  if (frontMatter === null) return { text: source, title: firstHeading(source) };
  const [block, fields] = frontMatter as unknown as [string, string];
  const text = block.replace(/[^\n]+/g, '') + source.slice(block.length);
  const named = /^title[ \t]*:[ \t]*(.+?)[ \t]*$/m.exec(fields)?.[1] ?? '';
  return { text, title: named.replace(/^(["'])(.*)\1$/, '$2') || firstHeading(text) };
}

/** The first heading of the smallest level used first: `# Title`, or a line underlined with `=` or `-`. */
function firstHeading(text: string): string {
  let fence = '';
  let previous = '';
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === '') fence = mark;
      else if (mark.startsWith(fence)) fence = '';
    }
    if (fence === '') {
      const heading = /^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$/.exec(line)?.[1];
      if (heading !== undefined) return plain(heading);
      if (previous.trim() !== '' && /^ {0,3}(?:=+|-{2,})[ \t]*$/.test(line)) return plain(previous.trim());
    }
    previous = mark === undefined && fence === '' ? line : '';
  }
  return '';
}

/** A heading without emphasis, code marks and link targets. */
function plain(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]|(?<!\w)_|_(?!\w)/g, '')
    .trim();
}
