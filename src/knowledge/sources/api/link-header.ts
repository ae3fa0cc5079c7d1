/** The target of `rel="next"` in a header Link (RFC 8288); `undefined`: there is none. */
export function findNextLink(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined;
  for (const [, target, parameters] of header.matchAll(LINK)) {
    for (const [, name, quoted, plain] of (parameters as string).matchAll(PARAMETER)) {
      const relations = (quoted ?? plain ?? '').toLowerCase().split(/\s+/);
      if (name?.toLowerCase() === 'rel' && relations.includes('next')) return target;
    }
  }
  return undefined;
}

const LINK = /<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const PARAMETER = /;\s*([^\s=;,]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/g;
const MAX_HEADER = 16_384;
