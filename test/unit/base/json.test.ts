import t from 'tap';
import { parseJsonObject } from '../../../src/base/json.js';

t.test('a text is an object of JSON or nothing', async (t) => {
  t.strictSame(parseJsonObject('{"a": [1]}'), { a: [1] });
  for (const text of ['', '[1]', 'null', '"a"', '7', '{"a":', '<html>']) t.equal(parseJsonObject(text), undefined, `nothing: ${text}`);
});
