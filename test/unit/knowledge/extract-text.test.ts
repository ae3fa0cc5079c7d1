import t from 'tap';
import { extractText } from '../../../src/knowledge/extract/extract-text.js';

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Uint8Array.from(Buffer.from(text, encoding));

t.test('text is decoded from UTF-8 and UTF-16, with and without a byte-order mark', async (t) => {
  t.equal((await extractText('a.txt', bytes('\ufeffhé\r\nllo\rx'))).text, 'hé\nllo\nx');
  t.equal((await extractText('a.txt', bytes('\ufeffhello wörld', 'utf16le'))).text, 'hello wörld');
  t.equal((await extractText('a.txt', bytes('hello world', 'utf16le'))).text, 'hello world');
  const bigEndian = Buffer.from('\ufeffhello', 'utf16le').swap16();
  t.equal((await extractText('a.txt', Uint8Array.from(bigEndian))).text, 'hello');
  t.same(await extractText('a.txt', new Uint8Array()), { text: '', title: '' });
});

t.test('binary and mostly invalid content is refused, a few bad bytes are not (RAG-14, RAG-15)', async (t) => {
  await t.rejects(extractText('a.txt', Uint8Array.of(1, 0, 2, 3, 255, 0)), { code: 'DOCUMENT_NOT_TEXT', message: /a\.txt/ });
  await t.rejects(extractText('a.txt', new Uint8Array(100).fill(0xff)), { code: 'DOCUMENT_NOT_TEXT', message: /100 %/ });
  t.equal((await extractText('a.txt', Uint8Array.from([...bytes('größtenteils schön '), 0xe9]))).text, 'größtenteils schön \ufffd');
  await t.rejects(extractText('report.pdf', bytes('%PDF-1.7')), { code: 'DOCUMENT_UNREADABLE', message: /report\.pdf.*damaged/ });
});

t.test('text that is no UTF-8 and names no other encoding is read as windows-1252', async (t) => {
  const german = 'Größe und Maße: über 5 €, „sofort“ – nicht später.';
  const western = Uint8Array.from(german, (sign) => ({ '€': 0x80, '„': 0x84, '“': 0x93, '–': 0x96 })[sign] ?? sign.charCodeAt(0));
  t.equal((await extractText('a.txt', western)).text, german);
  t.equal(
    (await extractText('a.html', Uint8Array.from([...bytes('<meta charset="utf-8">'), ...western]))).text,
    german,
    'whatever it says',
  );
  t.equal((await extractText('a.html', Uint8Array.from([...bytes('<meta charset="latin1">'), 0x80]))).text, '€', 'as browsers have it');
  t.equal((await extractText('a.html', bytes('&#128;&#150;'))).text, '€–');
  const cyrillic = Uint8Array.from('Привет, мир', (sign) => (sign.charCodeAt(0) > 0x400 ? sign.charCodeAt(0) - 0x350 : sign.charCodeAt(0)));
  await t.rejects(extractText('a.txt', cyrillic), { code: 'DOCUMENT_NOT_TEXT' }, 'not letters of another alphabet');
  let state = 1;
  const noise = Uint8Array.from({ length: 5_000 }, () => {
    state = (state * 75 + 74) % 65_537;
    return (state % 255) + 1;
  });
  await t.rejects(extractText('a.txt', noise), { code: 'DOCUMENT_NOT_TEXT' }, 'nor binary content without a NUL');
});

t.test('Markdown takes its title from front matter or the first heading, and keeps its lines', async (t) => {
  t.match(await extractText('a.md', bytes('intro\n\n## The *first* [heading](x.md) ##\n# Later')), { title: 'The first heading' });
  t.match(await extractText('a.md', bytes('Under\n=====\ntext')), { title: 'Under' });
  t.match(await extractText('a.md', bytes('```\n# not this\n```\n# snake_case `name`')), { title: 'snake_case name' });
  t.match(await extractText('a.md', bytes('no heading')), { title: '' });
  t.match(await extractText('a.md', bytes('---\ntitle: "Front: matter"\ntags: [x]\n---\n# Heading\nbody')), {
    title: 'Front: matter',
    text: '\n\n\n\n# Heading\nbody',
  });
  t.match(await extractText('a.md', bytes('---\ndate: 2020\n---\n# Heading')), { title: 'Heading', text: '\n\n\n# Heading' });
  t.match(await extractText('a.md', bytes('---\nnever closed')), { text: '---\nnever closed' });
});

t.test('HTML becomes lines of text: scripts dropped, entities decoded, blocks apart, source lines known', async (t) => {
  const html = `<!DOCTYPE html>
<html><head><title>A &amp; B &#8211; x</title>
<style>p { color: red }</style>
<script>if (a < b) { document.write("<p>no</p>") }</script></head>
<body><!-- <p>hidden</p> -->
<h1>Head&nbsp;line</h1>
<p>One <b>bo</b>ld
   and <a href="x>y" title='q'>link</a>.</p>
<ul><li>first<li>second &lt;tag&gt;</ul>
<table><tr><td>a</td><td>b</td></tr></table>
<pre>  keep
  this</pre>
5 < 6 &unknown; &#x1F600; &eacute;
</body></html>`;
  const { text, title, sourceLines } = await extractText('a.HTML', bytes(html));
  t.equal(title, 'A & B – x');
  const lines = text.split('\n');
  t.same(
    lines.filter((line) => line !== ''),
    ['Head line', 'One bold and link.', '- first', '- second <tag>', 'a b', '  keep', '  this', '5 < 6 &unknown; 😀 é'],
  );
  t.equal(sourceLines?.length, lines.length);
  t.equal(sourceLines?.[lines.indexOf('Head line')], 6);
  t.equal(sourceLines?.[lines.indexOf('One bold and link.')], 7);
  t.equal(sourceLines?.[lines.indexOf('- second <tag>')], 9);
  t.equal(sourceLines?.[lines.indexOf('  this')], 12);
  t.equal(sourceLines?.[lines.indexOf('5 < 6 &unknown; 😀 é')], 13);
});

t.test('broken HTML is read as far as it goes', async (t) => {
  t.equal((await extractText('a.html', bytes('<p>open <b>text'))).text, 'open text');
  t.equal((await extractText('a.html', bytes('<p>x</p><script>never closed <p>y</p>'))).text, 'x\n');
  t.equal((await extractText('a.html', bytes('a <- b <!-- open'))).text, 'a <- b');
  t.equal((await extractText('a.html', bytes('x <a href="unclosed> y'))).text, 'x y');
  t.match(await extractText('a.html', bytes('<h1>Only <i>heading</i></h1>')), { title: 'Only heading' });
  const latin = Uint8Array.from(Buffer.from('<meta charset="iso-8859-1"><p>caf\u00e9</p>', 'latin1'));
  t.equal((await extractText('a.html', latin)).text, 'café\n');
});

t.test('hostile HTML takes time in proportion to its size', { timeout: 20_000 }, async (t) => {
  for (const piece of ['<', '<a ', '<!--', '<script>', '<title>', '</', '&', '<p "', "<x '\n"]) {
    const started = performance.now();
    await extractText('a.html', bytes(piece.repeat(200_000 / piece.length)));
    t.ok(performance.now() - started < 3_000, `${piece} ${Math.round(performance.now() - started)} ms`);
  }
});
