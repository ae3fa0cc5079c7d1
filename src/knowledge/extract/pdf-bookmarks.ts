/** A PDF's outline as headings by page, from 1. */
import type { PDFDocumentProxy } from 'pdfjs-dist';

export interface Bookmark {
  /** From 1. */
  readonly level: number;
  readonly title: string;
}

type Outline = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>;

/** What points nowhere is left out; an outline that cannot be read is none. */
export async function readBookmarks(pdf: PDFDocumentProxy): Promise<ReadonlyMap<number, readonly Bookmark[]>> {
  const bookmarks = new Map<number, Bookmark[]>();
  let left = MAX_BOOKMARKS;
  const visit = async (items: Outline, level: number): Promise<void> => {
    for (const { title, dest, items: inner } of items ?? []) {
      left -= 1;
      if (left < 0) return;
      const page = await findPage(pdf, dest);
      if (page !== undefined && title.trim() !== '') bookmarks.set(page, [...(bookmarks.get(page) ?? []), { level, title }]);
      if (level < MAX_LEVEL) await visit(inner, level + 1);
    }
  };
  // The text counts, and it may well be whole.
  const outline = await pdf.getOutline().catch(() => undefined);
  if (outline !== undefined) await visit(outline, 1);
  return bookmarks;
}

async function findPage(pdf: PDFDocumentProxy, dest: NonNullable<Outline>[number]['dest']): Promise<number | undefined> {
  try {
    const [target] = (typeof dest === 'string' ? await pdf.getDestination(dest) : dest) ?? [];
    if (typeof target === 'number') return target + 1;
    return target === null || target === undefined ? undefined : (await pdf.getPageIndex(target)) + 1;
  } catch {
    // A bookmark to a page that is not there.
    return undefined;
  }
}

const MAX_BOOKMARKS = 2_000;
const MAX_LEVEL = 6;
