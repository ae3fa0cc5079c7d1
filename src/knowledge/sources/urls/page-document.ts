import type { SourceContent, SourceFinding } from '../document-source.js';
import { pageName } from './page-address.js';

/** Without content: the server says that it is unchanged. */
export function pageDocument(found: { readonly url: URL; readonly version: string; readonly content?: SourceContent }): SourceFinding {
  const { url, version, content } = found;
  const document = {
    id: url.href,
    name: pageName(url),
    path: url.href,
    bytes: content?.bytes.length ?? 0,
    modifiedAt: 0,
    version,
    metadata: { url: url.href },
  };
  return { type: 'document', document: content === undefined ? document : { ...document, content } };
}
