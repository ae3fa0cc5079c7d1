import t from 'tap';
import { standardBase64 } from '../../../src/protocol/read-message.js';

t.test('base64 of either alphabet, padded or not, becomes the standard one (D6)', async (t) => {
  for (const [given, expected] of [
    ['', ''],
    ['aGk=', 'aGk='],
    ['aGk', 'aGk='],
    ['-_-_', '+/+/'],
    ['+/+/', '+/+/'],
    ['YQ==', 'YQ=='],
    ['YQ', 'YQ=='],
  ] as const) {
    t.equal(standardBase64(given), expected);
    t.equal(Buffer.from(expected, 'base64').toString('base64'), expected, 'it is what Node writes');
  }
});

t.test('what is not base64 is refused', async (t) => {
  for (const given of ['a', 'a===', 'ab=c', 'a b', 'aGk!', 'é', '====', 'aGk=\n']) t.equal(standardBase64(given), undefined, given);
});
