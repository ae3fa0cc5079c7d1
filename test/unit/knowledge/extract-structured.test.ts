/** Tables, data and code as text that can be found and that knows its lines. */
import t from 'tap';
import { extractText } from '../../../src/knowledge/extract/extract-text.js';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const read = (name: string, text: string) => extractText(name, bytes(text));

t.test('each row of a table says the names of its columns, and knows its line', async (t) => {
  const { text, sourceLines } = await read('a.csv', 'name,age,"home, now"\nAda,36,London\n"Grace ""H""",85,"New\nYork"\n,,\nLin,,Oslo\n');
  t.same(text.split('\n'), [
    'name | age | home, now',
    'name: Ada | age: 36 | home, now: London',
    'name: Grace "H" | age: 85 | home, now: New York',
    'name: Lin | home, now: Oslo',
    '',
  ]);
  t.same(sourceLines, [1, 2, 3, 6]);
  t.equal((await read('a.csv', 'x;y\n1;2')).text, 'x | y\nx: 1 | y: 2\n', 'with semicolons');
  t.equal((await read('a.tsv', 'x\ty\n1\ta,b')).text, 'x | y\nx: 1 | y: a,b\n');
  t.equal((await read('a.csv', '1,2\n3,4')).text, '1 | 2\n3 | 4\n', 'without a header');
  t.equal((await read('a.csv', 'a,b\n"open,1\n2')).text, 'a | b\na: open,1 2\n', 'a quote that never ends');
});

t.test('JSON on one line becomes names and values; laid out, it stays; broken, it is text', async (t) => {
  const compact =
    '{"title":"Storks","tags":["bird","white"],"facts":[{"text":"They eat frogs.\\nOften.","n":1},{"text":"","n":null}],"filler":"'.concat(
      `${'x'.repeat(500)}"}`,
    );
  const { text, title } = await read('a.json', compact);
  t.equal(title, 'Storks');
  t.same(text.split('\n').slice(0, 6), ['title: Storks', 'tags: bird, white', 'facts:', '  text: They eat frogs.', 'Often.', '  n: 1']);
  const pretty = JSON.stringify({ name: 'N', list: [1, 2] }, null, 2);
  t.match(await read('a.json', pretty), { text: pretty, title: 'N' });
  t.equal((await read('a.json', '{"broken": ')).text, '{"broken": ');
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  t.equal((await read('a.json', deep)).text, deep, 'too deep to show');
  t.match(await read('a.jsonl', '{"q":"one"}\n\n{"q":"two"}\n'), { text: 'q: one\n\nq: two\n\n', sourceLines: [1, 1, 3, 3] });
  t.equal((await read('a.yaml', 'key: value\n')).text, 'key: value\n');
});

t.test('XML becomes names, attributes and values with their source lines', async (t) => {
  const xml =
    '<?xml version="1.0"?>\n<catalog xmlns="urn:x">\n  <title>Books &amp; more</title>\n  <book id="7">\n    <author>Ada</author>\n    <note>Some <b>bold</b> words</note>\n  </book>\n  <empty/>\n</catalog>';
  const { text, title, sourceLines } = await read('a.xml', xml);
  t.equal(title, 'Books & more');
  t.same(text.split('\n'), [
    ...['  title: Books & more', '  book (id=7)', '    author: Ada', '    note: Some', '      b: bold', '    words', ''],
  ]);
  t.same(sourceLines, [3, 4, 5, 6, 6, 6]);
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>caf\u00e9</a>', 'latin1');
  t.equal((await extractText('a.xml', new Uint8Array(latin))).text, 'a: café\n');
  t.equal((await read('a.xml', 'no element at all')).text, 'no element at all');
});

t.test('code keeps its text; functions and types are found in every language (RAG-23)', async (t) => {
  const names = async (extension: string, source: string) =>
    ((await read(`a.${extension}`, source)).landmarks ?? []).map((one) =>
      one.type === 'function' || one.type === 'type' ? [one.type, one.name, source.slice(one.at, one.end).split('\n').length - 1] : [],
    );
  t.same(
    await names(
      'ts',
      'export interface A {\n  x: number;\n}\n\nexport class B<T> {\n  constructor(readonly a: A) {}\n  async run(\n    x: string,\n  ): Promise<void> {\n    if (x) {\n      call(x);\n    }\n  }\n}\nconst add = (a: number) => a + 1;\nexport async function go() {\n  return 1;\n}\n',
    ),
    [
      ['type', 'A', 3],
      ['type', 'B', 10],
      ['function', 'constructor', 1],
      ['function', 'run', 7],
      ['function', 'add', 1],
      ['function', 'go', 3],
    ],
  );
  t.same(
    await names(
      'py',
      'import os\n\nclass A:\n    def run(self):\n        return 1\n\n    async def stop(self):\n        pass\n\ndef main():\n    pass\n',
    ),
    [
      ['type', 'A', 6],
      ['function', 'run', 2],
      ['function', 'stop', 2],
      ['function', 'main', 2],
    ],
  );
  t.same(await names('go', 'type Server struct {\n\tport int\n}\n\nfunc (s *Server) Run(ctx context.Context) error {\n\treturn nil\n}\n'), [
    ['type', 'Server', 3],
    ['function', 'Run', 3],
  ]);
  t.same(
    await names(
      'rs',
      'pub struct P { x: i32 }\nimpl Display for P {\n    pub async fn show(&self) -> String {\n        todo!()\n    }\n}\n',
    ),
    [
      ['type', 'P', 1],
      ['type', 'P', 5],
      ['function', 'show', 3],
    ],
  );
  t.same(
    await names('java', 'public final class A {\n  private int count;\n  public static int add(int a)\n  {\n    return of(a);\n  }\n}\n'),
    [
      ['type', 'A', 7],
      ['function', 'add', 4],
    ],
  );
  t.same(await names('c', '#include <x.h>\nstruct point {\n  int x;\n};\nstatic int *find(struct point *p)\n{\n  return go(p);\n}\n'), [
    ['type', 'point', 3],
    ['function', 'find', 4],
  ]);
  for (const [extension, source, name] of [
    ['rb', 'def each\n  1\nend\n', 'each'],
    ['php', 'public function say() {\n}\n', 'say'],
    ['swift', 'func say() {\n}\n', 'say'],
    ['kt', 'fun String.say() {\n}\n', 'say'],
    ['scala', 'def say(x: Int) = {\n}\n', 'say'],
    ['lua', 'local function say()\nend\n', 'say'],
    ['r', 'say <- function(x) {\n}\n', 'say'],
    ['sh', 'say() {\n}\n', 'say'],
    ['sql', 'CREATE OR REPLACE FUNCTION say()\n', 'say'],
    ['cs', 'class A {\n  void Say(int x) {\n  }\n}\n', 'Say'],
    ['cpp', 'void A::say(int x) {\n}\n', 'A::say'],
  ] as const)
    t.ok(
      (await names(extension, source)).some(([type, found]) => type === 'function' && found === name),
      extension,
    );
});

t.test('hostile tables, data and code take time in proportion to their size', { timeout: 60_000 }, async (t) => {
  for (const [extension, piece] of [
    ...[
      ['csv', '"'],
      ['csv', ','],
      ['csv', '\n'],
      ['csv', 'a"b'],
      ['csv', '"",'],
    ],
    ...[
      ['json', '['],
      ['json', '{"a":'],
      ['jsonl', '1\n'],
      ['xml', '<a>'],
      ['xml', '<a/>'],
      ['xml', '&'],
      ['xml', '<!'],
      ['xml', '<a b="'],
    ],
    ...[
      ['ts', '('],
      ['ts', 'export '],
      ['ts', 'a('],
      ['ts', 'class A {\n'],
      ['c', 'int '],
      ['rs', 'pub fn '],
      ['sql', 'create '],
      ['java', 'a b '],
    ],
    ...[
      ['md', '# '],
      ['md', '['],
      ['md', '---\n'],
      ['md', 'title: \n'],
      ['md', '`'],
    ],
  ] as const) {
    const started = performance.now();
    await read(`a.${extension}`, (piece as string).repeat(300_000 / (piece as string).length)).catch(() => undefined);
    const ms = Math.round(performance.now() - started);
    t.ok(ms < 3_000, `${extension} ${JSON.stringify(piece)}: ${ms} ms`);
  }
});
