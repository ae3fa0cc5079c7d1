/**
 * A scan in pages: full, or what has come within `maxWaitMs`, so that the first documents of a slow source are worked on while it is
 * still being listed. Holds one page and one finding more.
 */
import type { Clock } from '../../base/clock.js';
import type { SourceFinding } from '../sources/document-source.js';

export interface PageLimits {
  readonly maxFindings: number;
  /** Of contents that the scan has. */
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

export async function* pageFindings(
  findings: AsyncIterable<SourceFinding>,
  { maxFindings, maxBytes, maxWaitMs }: PageLimits,
  clock: Pick<Clock, 'after'>,
): AsyncGenerator<readonly SourceFinding[]> {
  const iterator = findings[Symbol.asyncIterator]();
  let page: SourceFinding[] = [];
  let bytes = 0;
  let late: Promise<typeof LATE> | undefined;
  let cancelTimer = () => {};
  let next = iterator.next();
  const take = () => {
    const full = page;
    cancelTimer();
    late = undefined;
    page = [];
    bytes = 0;
    return full;
  };
  try {
    for (;;) {
      const got = late === undefined ? await next : await Promise.race([next, late]);
      if (got === LATE) {
        yield take();
        continue;
      }
      if (got.done === true) break;
      const finding = got.value;
      if (page.length === 0)
        late = new Promise((resolve) => {
          cancelTimer = clock.after(maxWaitMs, () => resolve(LATE));
        });
      page.push(finding);
      bytes += finding.type === 'document' ? (finding.document.content?.bytes.length ?? 0) : 0;
      next = iterator.next();
      // Looked at again only after the page: until then its failure is nobody's.
      next.catch(() => undefined);
      if (page.length >= maxFindings || bytes >= maxBytes) yield take();
    }
    if (page.length > 0) yield take();
  } finally {
    cancelTimer();
    // Not waited for: a source that hangs would hang whoever gave up.
    iterator.return?.().catch(() => undefined);
  }
}

const LATE = Symbol('late');
