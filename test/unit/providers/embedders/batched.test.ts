import t from 'tap';
import { batched } from '../../../../src/providers/embedders/batched.js';
import type { EmbedTexts } from '../../../../src/providers/embedders/contract.js';
import { RequestSize } from '../../../../src/providers/embedders/request-size.js';

const SIGNAL = new AbortController().signal;
const numbered: EmbedTexts = async (texts) => texts.map((text) => Float32Array.of(Number.parseInt(text, 10)));

t.test('requests hold what count and size allow, a few at once, and answers stand in order', async (t) => {
  const sizes: number[] = [];
  let [now, most] = [0, 0];
  const embed = batched(
    async (texts, purpose, signal) => {
      sizes.push(texts.length);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return await numbered(texts, purpose, signal);
    },
    { maxTexts: 10, size: { maxBytes: 100 } },
  );
  const texts = Array.from({ length: 95 }, (_, index) => `${index}`.padEnd(index === 40 ? 500 : 12, ' ö'));
  t.same(
    (await embed(texts, 'document', SIGNAL)).map(([number]) => number),
    texts.map((_, index) => index),
  );
  t.ok(sizes.every((size) => size <= 10));
  t.ok(sizes.includes(1), 'a text larger than a request has one of its own');
  t.equal(most, 4);
});

t.test('after a failure nothing more is begun, and what is under way ends first', async (t) => {
  let [begun, ended] = [0, 0];
  const embed = batched(
    async (texts, purpose, signal) => {
      const turn = begun++;
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
      if (turn === 1) throw new Error('no');
      return await numbered(texts, purpose, signal);
    },
    { maxTexts: 1, size: { maxBytes: 1_000 } },
  );
  await t.rejects(embed(['1', '2', '3', '4', '5', '6', '7', '8', '9'], 'document', SIGNAL), { message: 'no' });
  t.equal(begun, ended);
  t.ok(begun < 9, `${begun} begun`);
});

t.test('a size that was refused is not asked for again soon, unless it had been taken before', async (t) => {
  const size = new RequestSize();
  const first = size.maxBytes;
  size.wasTooLarge(100_000);
  t.equal(size.maxBytes, 75_000);
  size.wentWell(70_000);
  t.equal(size.maxBytes, 82_500, 'it grows again while all goes well');
  size.wasTooLarge(60_000);
  t.equal(size.maxBytes, 82_500, 'a whim');
  for (let count = 0; count < 5; count++) size.wasTooLarge(60_000);
  t.equal(size.maxBytes, 45_000, 'a whim that comes again and again is a rule');
  for (let count = 0; count < 100; count++) size.wentWell(size.maxBytes);
  t.equal(size.maxBytes, first);
});
