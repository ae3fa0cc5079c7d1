/**
 * What a program without Hector would do with a folder: LangChain.js' splitter, the same embedder, raw hnswlib-node, one thread, nothing kept
 * but the graph. Argument: the folder. Prints `{ documents, chunks }`.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import hnswlib from 'hnswlib-node';
import { embedTexts } from '../../src/providers/embedders/adapters/local/hashed-embedding.js';

const [folder = ''] = process.argv.slice(2);
const DIMENSION = 384;
const splitter = new RecursiveCharacterTextSplitter({ chunkSize: 1000, chunkOverlap: 100 });
const graph = new hnswlib.HierarchicalNSW('cosine', DIMENSION);
const names = await readdir(folder);
graph.initIndex({ maxElements: names.length * 100, m: 16, efConstruction: 200 });
let chunks = 0;
for (const name of names) {
  const texts = await splitter.splitText(await readFile(path.join(folder, name), 'utf8'));
  const vectors = embedTexts(texts, DIMENSION);
  for (let index = 0; index < texts.length; index++)
    graph.addPoint([...vectors.subarray(index * DIMENSION, (index + 1) * DIMENSION)], chunks++);
}
graph.writeIndexSync(path.join(folder, '..', 'graph.bin'));
process.stdout.write(JSON.stringify({ documents: names.length, chunks }));
