import t from 'tap';
import { embedTexts } from '../../../../src/providers/embedders/adapters/local/hashed-embedding.js';

const embed = (text: string) => embedTexts([text], 384);
const near = (a: string, b: string) => {
  const [one, two] = [embed(a), embed(b)];
  return one.reduce((sum, value, at) => sum + value * (two[at] as number), 0);
};

/** Written down once; another value here means that stored vectors no longer fit: raise the model's name. */
const FOX: readonly (readonly [number, string])[] = [
  [133, '-0.327737'],
  [250, '-0.327737'],
  [292, '0.327737'],
  [310, '0.327737'],
  [348, '-0.327737'],
  [361, '0.327737'],
];

t.test('vectors have unit length and are the same on every machine', async (t) => {
  const vectors = embedTexts(['The quick brown fox', 'über Äpfel', '漢字かな交じり文'], 384);
  for (let index = 0; index < 3; index++) {
    t.ok(Math.abs(Math.hypot(...vectors.subarray(index * 384, (index + 1) * 384)) - 1) < 1e-6);
  }
  const fox = embed('The quick brown fox');
  t.same(
    [...fox.entries()].filter(([, value]) => Math.abs(value) > 0.25).map(([at, value]) => [at, value.toFixed(6)]),
    FOX,
  );
  t.same(
    [...embed('')].filter((value) => value !== 0),
    [],
    'nothing to say is the zero vector',
  );
  t.same(
    [...embed('!!! --- ???')].filter((value) => value !== 0),
    [],
  );
});

t.test('texts that share words or word forms are nearer than texts that do not', async (t) => {
  t.ok(near('How do I deploy the service?', 'Deploying services to the cluster') > 0.4);
  t.ok(near('How do I deploy the service?', 'Penguins eat fish in the cold sea') < 0.2);
  t.ok(near('configuration', 'configured') > 0.3, 'parts of words count');
  t.ok(near('Café Zürich', 'cafe zurich') > 0.99, 'diacritics and case do not count');
  t.ok(near('the of and', 'deploy the service of') < 0.4, 'function words weigh little');
});

t.test('a device is found by its number among many alike', async (t) => {
  const all = embedTexts(
    Array.from(
      { length: 1500 },
      (_, index) =>
        `Device QX${index}: order number ${index * 37 + 11}, shelf ${index % 40}, weight ${(index * 13) % 977} g, ` +
        `interval ${(index % 17) + 3} months, price ${(index * 7) % 301}.${index % 100} euros, built 20${(index % 25) + 10}.`,
    ),
    384,
  );
  const first = (query: Float32Array) => {
    const scores = Array.from({ length: 1500 }, (_, index) =>
      query.reduce((sum, value, at) => sum + value * (all[index * 384 + at] as number), 0),
    );
    return scores.indexOf(Math.max(...scores));
  };
  const asked = Array.from({ length: 50 }, (_, index) => index * 29 + 47);
  const found = asked.filter((index) => first(embed(`interval of device QX${index}`)) === index);
  t.ok(found.length >= 48, `${found.length} of 50`);
  t.equal(first(embed('interval of device QX888')), 888);
});

t.test('it works for other scripts', async (t) => {
  t.ok(near('東京タワーの高さ', '東京タワーはどこですか') > near('東京タワーの高さ', '寿司の作り方') + 0.2);
  t.ok(near('Привет, мир и города', 'города мира') > near('Привет, мир и города', 'кошка спит') + 0.2);
  t.ok(near('مرحبا بالعالم', 'العالم الكبير') > near('مرحبا بالعالم', 'قطة صغيرة'));
});

t.test('a long run of encoded data is no trap', { timeout: 10_000 }, async (t) => {
  const started = performance.now();
  embed('QUJD'.repeat(250_000));
  embed('漢'.repeat(500_000));
  t.ok(performance.now() - started < 5_000);
});
