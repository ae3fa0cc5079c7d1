import t from 'tap';
import { parseTimestamp } from '../../../src/protocol/parse-timestamp.js';

t.test('RFC 3339 with any offset; what is finer than a millisecond counts as the next one (D6)', async (t) => {
  const noon = Date.UTC(2026, 0, 31, 12);
  for (const [text, expected] of [
    ['2026-01-31T12:00:00Z', noon],
    ['2026-01-31T12:00:00.000Z', noon],
    ['2026-01-31t12:00:00z', noon],
    ['2026-01-31T13:30:00+01:30', noon],
    ['2026-01-31T00:00:00-12:00', noon],
    ['2026-01-31T12:00:00-00:00', noon],
    ['2026-01-31T12:00:00.5Z', noon + 500],
    ['2026-01-31T12:00:00.123000000Z', noon + 123],
    ['2026-01-31T12:00:00.123000001Z', noon + 124],
    ['2026-01-31T11:59:59.999999999Z', noon],
    ['1969-12-31T23:59:59.9991Z', 0],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00Z')],
    ['0099-01-01T00:00:00Z', Date.parse('0099-01-01T00:00:00Z')],
    ['9999-12-31T23:59:59Z', Date.parse('9999-12-31T23:59:59Z')],
  ] as const) {
    t.equal(parseTimestamp(text), expected, text);
  }
});

t.test('other texts, and times that do not exist, are none (D6)', async (t) => {
  for (const text of [
    '',
    'yesterday',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+0100',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00.1234567890Z',
    '0000-01-01T00:00:00Z',
    '12026-01-31T12:00:00Z',
    '1767225600',
  ]) {
    t.equal(parseTimestamp(text), undefined, text);
  }
});
