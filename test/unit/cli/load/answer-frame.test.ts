import t from 'tap';
import { AnswerFrame } from '../../../../src/cli/load/answer-frame.js';

/** What one connection says, in pieces of each length. */
function read(text: string, pieceBytes: number) {
  const heads: [number, string][] = [];
  let body = '';
  const frame = new AnswerFrame({
    onHead: (status, type) => void heads.push([status, type]),
    onData: (chunk) => {
      body += chunk.toString('latin1');
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  let isOver = false;
  for (let start = 0; start < bytes.length && !isOver; start += pieceBytes)
    isOver = frame.push(bytes.subarray(start, start + pieceBytes), 0);
  return { heads, body, isOver, endsHere: frame.end(), isReusable: frame.isReusable, keepAliveMs: frame.keepAliveMs };
}

const SIZES = [1, 2, 3, 7, 1_000];

t.test('an answer ends where its head says, wherever its bytes are cut', async (t) => {
  const cases: readonly (readonly [string, string, object])[] = [
    [
      'with a length',
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhello',
      { heads: [[200, 'text/plain']], body: 'hello', isOver: true, isReusable: true, keepAliveMs: 5_000 },
    ],
    [
      'in chunks, with an extension and a trailer',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n2 \r\nlo\r\n0\r\nx: y\r\n\r\n',
      { body: 'hello', isOver: true, isReusable: true },
    ],
    [
      'behind another head',
      'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
      { heads: [[204, '']], body: '', isOver: true },
    ],
    [
      'of no bytes',
      'HTTP/1.1 503 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
      { heads: [[503, '']], isOver: true, isReusable: false },
    ],
    ['until the connection ends', 'HTTP/1.1 200 OK\r\n\r\nhello', { body: 'hello', isOver: false, endsHere: true, isReusable: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx', { isOver: true, isReusable: false }],
    ['that is cut', 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello', { body: 'hello', isOver: false, endsHere: false }],
  ];
  for (const [name, text, wanted] of cases) for (const size of SIZES) t.match(read(text, size), wanted, `${name}, in pieces of ${size}`);
});

t.test('what is no answer of HTTP/1.1 is refused', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['SSH-2.0-OpenSSH\r\n\r\n', /no HTTP/],
    ['HTTP/2 200 OK\r\n\r\n', /no HTTP/],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', /no HTTP/],
    ['HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n', /no number/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n', /comes as gzip/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n', /no size/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nhello\r\n', /longer than it said/],
    [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`, /too long/],
  ];
  for (const [text, message] of cases) t.throws(() => read(text, 1_000), { message }, text.slice(0, 60));
  t.throws(() => read('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP', 1_000), { message: /more came/ });
});
