/** A whole scan at once, and contents as text. */
import type { DocumentSource, SourceDocument, SourceProblem } from '../../src/knowledge/sources/document-source.js';

export async function readScan(source: DocumentSource, signal: AbortSignal) {
  const documents: SourceDocument[] = [];
  const problems: SourceProblem[] = [];
  for await (const finding of source.scan(signal)) {
    if (finding.type === 'document') documents.push(finding.document);
    else problems.push(finding.problem);
  }
  return { documents, problems };
}

export async function readText(source: DocumentSource, document: SourceDocument, signal: AbortSignal): Promise<string> {
  const content = await source.read(document, '', signal);
  return content === 'unchanged' ? content : Buffer.from(content.bytes).toString();
}
