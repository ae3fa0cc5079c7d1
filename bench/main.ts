/** `npm run bench [-- <measurement> …]`: what there is to measure, and how, stands in README.md. */
const MEASUREMENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  compare: () => import('./compare.js'),
  chunks: () => import('./chunks.js'),
  chunking: () => import('./chunking.js'),
  list: () => import('./list.js'),
  history: () => import('./history.js'),
  loop: () => import('./loop.js'),
  'embedding-pace': () => import('./embedding-pace.js'),
  vectors: () => import('./vectors.js'),
  'search-quality': () => import('./search-quality.js'),
  'search-while-ingesting': () => import('./search-while-ingesting.js'),
  tracing: () => import('./tracing.js'),
};

const [first = ''] = process.argv.slice(2);
const isNamed = !first.startsWith('-') && first !== '';
const measure = MEASUREMENTS[isNamed ? first : 'compare'];
if (measure === undefined) throw new Error(`unknown measurement '${first}'; there are ${Object.keys(MEASUREMENTS).join(', ')}`);
// Its own options are what is left.
if (isNamed) process.argv.splice(2, 1);
await measure();
