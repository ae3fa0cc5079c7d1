import t from 'tap';
import { type Files, readProjectFiles } from './project.js';

const CODE = /^(src|workers|bench|test|\.ci)\/.*\.(ts|mjs|cjs|js)$/;
const MEDIAN_LIMIT = 90;
const SPLIT_LIMIT = 250;
const HARD_LIMIT = 400;

function measure(files: Files) {
  const sizes = [...files].map(([path, text]) => ({ path, lines: text.split('\n').length - 1 })).sort((a, b) => a.lines - b.lines);
  const source = sizes.filter(({ path }) => path.startsWith('src/'));
  return {
    median: source[Math.floor(source.length / 2)]?.lines ?? 0,
    large: sizes.filter(({ lines }) => lines > SPLIT_LIMIT && lines < HARD_LIMIT),
    tooLarge: sizes.filter(({ lines }) => lines >= HARD_LIMIT),
  };
}

t.test('no file reaches 400 lines, and the median of src stays under 90', async (t) => {
  const { median, large, tooLarge } = measure(readProjectFiles(CODE));
  t.comment(`median of src: ${median} lines`);
  for (const { path, lines } of large) t.comment(`asks for a split: ${path} (${lines} lines)`);
  t.same(tooLarge, []);
  t.ok(median < MEDIAN_LIMIT, `the median is ${median} lines`);
});

t.test('a file of 400 lines is found, one of 399 only asks for a split', async (t) => {
  const { large, tooLarge, median } = measure(
    new Map([
      ['src/a/long.ts', 'x\n'.repeat(400)],
      ['test/unit/longish.test.ts', 'x\n'.repeat(399)],
      ['src/a/short.ts', 'x\n'.repeat(250)],
    ]),
  );
  t.same(
    tooLarge.map(({ path }) => path),
    ['src/a/long.ts'],
  );
  t.same(
    large.map(({ path }) => path),
    ['test/unit/longish.test.ts'],
  );
  t.equal(median, 400);
});
