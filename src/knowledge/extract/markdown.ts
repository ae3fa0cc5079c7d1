/** Markdown stays as written: its marks carry structure. Only front matter is taken out, its lines left empty. */
import type { Landmark } from '../landmark.js';
import type { ExtractedText } from './extracted-text.js';

type Heading = Landmark & { readonly type: 'heading' };

export function extractMarkdown(source: string): ExtractedText {
  const frontMatter = /^---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(source);
  const [block, fields] = frontMatter === null ? ['', ''] : (frontMatter as unknown as [string, string]);
  const text = block.replace(/[^\n]+/g, '') + source.slice(block.length);
  const landmarks = findHeadings(text);
  const named = (/^title[ \t]*:(.*)$/m.exec(fields)?.[1] ?? '').trim();
  const title = named.replace(/^(["'])(.*)\1$/, '$2') || (landmarks[0]?.name ?? '');
  return { text, title, form: 'markdown', ...(landmarks.length === 0 ? {} : { landmarks }) };
}

/** `# Title`, or a line underlined with `=` or `-`; nothing in fenced code is one. */
function findHeadings(text: string): readonly Heading[] {
  const headings: Heading[] = [];
  let fence = '';
  let previous = '';
  let at = 0;
  let previousAt = 0;
  for (const line of text.split('\n')) {
    const head = line.slice(0, MAX_HEADING);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(head)?.[1];
    if (mark !== undefined) {
      if (fence === '') fence = mark;
      else if (mark.startsWith(fence)) fence = '';
    }
    if (fence === '') {
      const [, signs, name] = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/.exec(head) ?? [];
      if (signs !== undefined && name !== undefined)
        headings.push({ type: 'heading', at, level: signs.length, name: plain(name.trimEnd().replace(/(?<=[ \t])#+$/, '')) });
      else if (previous.trim() !== '' && /^ {0,3}(?:=+|-{2,})[ \t]*$/.test(head))
        headings.push({ type: 'heading', at: previousAt, level: line.includes('=') ? 1 : 2, name: plain(previous.trim()) });
    }
    previous = mark === undefined && fence === '' && !isHeadingLine(head) ? head : '';
    previousAt = at;
    at += line.length + 1;
  }
  return headings;
}

function isHeadingLine(line: string): boolean {
  return /^ {0,3}#{1,6}[ \t]/.test(line);
}

/** A heading without emphasis, code marks and link targets. */
function plain(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]|(?<!\w)_|_(?!\w)/g, '')
    .trim();
}

/** Of a longer line, the beginning. */
const MAX_HEADING = 1_000;
