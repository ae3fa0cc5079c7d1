import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { CrawlerSettings, UrlsSourceSettings } from '../../../src/config/source-settings.js';
import { createSource } from '../../../src/knowledge/sources/create-source.js';
import type { DocumentSource, FindVersions, SourceDocument, SourceProblem } from '../../../src/knowledge/sources/document-source.js';
import { createQuickClock } from '../../support/quick-clock.js';
import { readText } from '../../support/read-scan.js';
import { CRAWLER } from '../../support/source-worlds/urls-world.js';
import { startWebPeer, type WebPeerRequest } from '../../support/web-peer.js';

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

type Site = Record<string, Reply | string | ((request: WebPeerRequest) => Reply)>;

/** What is text is a page with it as its body. */
async function openSite(
  t: Test,
  site: Site,
  changed: Partial<Omit<UrlsSourceSettings, 'crawler'>> & { readonly crawler?: Partial<CrawlerSettings> } = {},
) {
  const peer = await startWebPeer(t, (request, response) => {
    const found = site[request.path] ?? { status: 404 };
    const reply = typeof found === 'function' ? found(request) : found;
    const { status = 200, headers = {}, body = '' } = typeof reply === 'string' ? { body: `<html><body>${reply}</body></html>` } : reply;
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
  });
  const clock = createQuickClock();
  const { crawler, ...others } = changed;
  const open = (): DocumentSource =>
    createSource(
      {
        ...{ type: 'urls', include: [], exclude: [], maxFileBytes: 100_000, ...others },
        urls: (others.urls ?? ['/']).map((url) => (url.startsWith('/') ? peer.url + url : url)),
        crawler: { ...CRAWLER, ...crawler },
      },
      { store: 'docs', clock },
    );
  const scan = async (source = open(), findVersions?: FindVersions) => {
    const documents: SourceDocument[] = [];
    const problems: SourceProblem[] = [];
    for await (const finding of source.scan(SIGNAL, findVersions)) {
      if (finding.type === 'document') documents.push(finding.document);
      else problems.push(finding.problem);
    }
    return { documents, problems, paths: documents.map(({ id }) => id.replace(peer.url, '')) };
  };
  const asked = () => peer.received.map(({ path }) => path);
  return { peer, clock, open, scan, asked };
}

const links = (...hrefs: string[]) => hrefs.map((href) => `<a href="${href}">to</a>`).join(' ');

t.test('links are followed to a depth, on the same host, each page once, in the same order every time (RAG-07)', async (t) => {
  const site: Site = {
    '/': links(
      'b',
      '/a#part',
      '/a',
      'mailto:x@example.com',
      'javascript:void(0)',
      'http://elsewhere.example/',
      'picture.png',
      '//',
      'a b?c=ä',
    ),
    '/a': links('/', '/deep/1', '../../b'),
    '/b': `<base href="/deep/">${links('1', '2')}<a rel="nofollow" href="/hidden">x</a>`,
    '/a%20b?c=%C3%A4': 'query',
    '/deep/1': links('/deep/3'),
    '/deep/2': 'two',
    '/deep/3': 'too deep',
  };
  const { scan, asked } = await openSite(t, site, { crawler: { maxDepth: 2 } });
  const { paths, problems } = await scan();
  t.same(paths, ['/', '/b', '/a', '/a%20b?c=%C3%A4', '/deep/1', '/deep/2']);
  t.same(problems, []);
  t.notOk(asked().some((path) => path === '/deep/3' || path === '/hidden' || path === '/picture.png'));
  t.equal(new Set(asked()).size, asked().length, 'nothing is asked for twice');
  const flat = await openSite(t, site, { crawler: { followLinks: false } });
  t.same((await flat.scan()).paths, ['/']);
});

t.test('include and exclude choose by path; what is not chosen is not asked for', async (t) => {
  const site: Site = { '/': links('/docs/a', '/docs/old/b', '/blog/c'), '/docs/a': 'a', '/docs/old/b': 'b', '/blog/c': 'c' };
  const { scan, asked } = await openSite(t, site, { include: ['docs/**'], exclude: ['docs/old/**'] });
  t.same((await scan()).paths, ['/docs/a']);
  t.same(
    asked().filter((path) => path !== '/robots.txt'),
    ['/', '/docs/a'],
  );
});

t.test('pages say who stands for them: canonical links, redirects, noindex and nofollow', async (t) => {
  const canonical = (href: string, text: string) => `<link rel="canonical" href="${href}">${text}`;
  const { scan, peer } = await openSite(t, {
    '/': links('/print', '/main', '/x', '/y', '/moved', '/away', '/private', '/silent', '/broken'),
    '/print': canonical('/main', 'printed'),
    '/main': canonical('/main?', 'main'),
    '/main?': canonical('/main', 'with a question mark'),
    '/x': canonical('/y', 'x'),
    '/y': canonical('/x', 'y'),
    '/moved': { status: 301, headers: { location: '/main' } },
    '/away': { status: 302, headers: { location: 'http://elsewhere.example/' } },
    '/private': { headers: { 'x-robots-tag': 'otherbot: none, hector: noindex' }, body: links('/behind') },
    '/behind': 'behind',
    '/silent': `<meta name="ROBOTS" content="NoFollow">${links('/never')}`,
    '/broken': canonical('http://other.example/', 'canonical elsewhere'),
  });
  const { paths, problems } = await scan();
  t.same(problems, []);
  t.same([...paths].sort(), ['/', '/behind', '/broken', '/main?', '/silent', '/y'].sort());
  t.notOk(peer.received.some(({ path }) => path === '/never'));
});

t.test(
  'robots.txt is kept: what it forbids is not asked for, its delay goes before a shorter one, and without it nothing is read',
  async (t) => {
    const site: Site = {
      '/robots.txt': { headers: { 'content-type': 'text/plain' }, body: 'User-agent: hector\nDisallow: /no\nCrawl-delay: 3\n' },
      '/': links('/no/1', '/yes'),
      '/yes': 'yes',
      '/no/1': 'no',
    };
    const { scan, asked, clock } = await openSite(t, site, { urls: ['/', '/no/2'], crawler: { delayMs: 1_000, concurrency: 1 } });
    const { paths, problems } = await scan();
    t.same(paths, ['/', '/yes']);
    t.match(problems, [{ id: /\/no\/2$/, isFolder: false, error: { code: 'PAGE_NOT_ALLOWED', message: /robots\.txt/ } }]);
    t.same(asked(), ['/robots.txt', '/', '/yes']);
    t.ok(
      clock.sleeps.some((ms) => ms > 2_500 && ms <= 3_000),
      'between two pages of a host',
    );
    const ignoring = await openSite(t, site, { crawler: { robots: false } });
    t.same((await ignoring.scan()).paths, ['/', '/no/1', '/yes']);
    const away = await openSite(t, { ...site, '/robots.txt': { status: 503 } });
    const nothing = await away.scan();
    t.same(nothing.paths, []);
    t.match(nothing.problems, [{ error: { message: /robots\.txt.*503/ } }, { id: '', isFolder: true }], 'and nothing is taken as deleted');
  },
);

t.test(
  'sitemaps: those of robots.txt when asked for, those in urls always; in an index, compressed, and none of them read twice',
  async (t) => {
    const map =
      (...paths: string[]) =>
      (origin: string) =>
        `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:i="http://i">${paths.map((path) => `<url><loc> ${origin}${path} </loc><i:image><i:loc>${origin}/p.png</i:loc></i:image></url>`).join('')}</urlset>`;
    const xml = { 'content-type': 'application/xml' };
    let origin = '';
    const site: Site = {
      '/robots.txt': () => ({ body: `Sitemap: ${origin}/index.xml` }),
      '/index.xml': () => ({
        headers: xml,
        body: `<sitemapindex><sitemap><loc>${origin}/one.xml.gz</loc></sitemap><sitemap><loc>${origin}/index.xml</loc></sitemap></sitemapindex>`,
      }),
      '/one.xml.gz': () => ({ headers: { 'content-type': 'application/gzip' }, body: gzipSync(map('/a', '/b?x=1&amp;y=2')(origin)) }),
      '/a': links('/linked'),
      '/b?x=1&y=2': 'b',
      '/linked': 'linked',
      '/pages': () => ({ headers: xml, body: map('/b?x=1&amp;y=2', '/gone')(origin) }),
    };
    const asked = await openSite(t, site, { urls: ['/a'], crawler: { sitemaps: true, maxDepth: 1 } });
    origin = asked.peer.url;
    t.same((await asked.scan()).paths, ['/a', '/b?x=1&y=2', '/linked']);
    t.equal(asked.asked().filter((path) => path === '/index.xml').length, 1);
    const listed = await openSite(t, site, { urls: ['/pages'], crawler: { followLinks: false } });
    origin = listed.peer.url;
    const { paths, problems } = await listed.scan();
    t.same(paths, ['/b?x=1&y=2']);
    t.same(problems, [], 'a page of a sitemap that is gone is gone');
    const named = await openSite(t, { '/sitemap.xml': { status: 500 } }, { urls: ['/sitemap.xml'] });
    t.match((await named.scan()).problems, [{ id: /sitemap\.xml$/ }, { id: '', isFolder: true }]);
  },
);

t.test(
  'what has not changed is not sent again: within a process with its links, after a restart where none are followed (W-74)',
  async (t) => {
    let sent = 0;
    const conditional =
      (body: string, validator: 'etag' | 'last-modified', value: string) =>
      ({ headers }: WebPeerRequest): Reply => {
        const condition = headers[validator === 'etag' ? 'if-none-match' : 'if-modified-since'];
        if (condition === value) return { status: 304, headers: { [validator]: value } };
        sent += 1;
        return { headers: { [validator]: value }, body };
      };
    const site: Site = {
      '/': conditional(links('/a'), 'etag', '"1"'),
      '/a': conditional('text', 'last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT'),
    };
    const { scan, open } = await openSite(t, site, { crawler: { maxDepth: 1 } });
    const source = open();
    const first = await scan(source);
    const known: FindVersions = async (ids) =>
      new Map(first.documents.filter(({ id }) => ids.includes(id)).map(({ id, version }) => [id, version]));
    t.equal(sent, 2);
    const second = await scan(source, known);
    t.same(second.paths, ['/', '/a']);
    t.same(
      second.documents.map(({ version }) => version),
      first.documents.map(({ version }) => version),
    );
    t.same(
      second.documents.map(({ metadata }) => metadata),
      first.documents.map(({ metadata }) => metadata),
    );
    t.equal(sent, 2, 'links of unchanged pages are remembered');
    t.same((await scan(open(), known)).paths, ['/', '/a']);
    t.equal(sent, 3, 'another process reads the page of links, and that alone');
    await scan(source);
    t.equal(sent, 5, 'nothing is taken as known when everything is to be read');
    const [, page] = first.documents as [SourceDocument, SourceDocument];
    t.equal(await source.read(page, page.version, SIGNAL), 'unchanged');
  },
);

t.test('the text of a page is its own: not what surrounds it, and in its encoding', async (t) => {
  const page = `<html><head><title>Title</title></head><body>
<nav>Home About</nav><header role="banner">Brand</header>
<main><h1>Heading</h1>
<aside>kept within</aside><p hidden>never seen</p><p>${'The story. '.repeat(20)}Gr\xfc\xdfe</p></main>
<div>Related: other stories</div><footer>Imprint</footer></body></html>`;
  const { scan, open } = await openSite(t, {
    '/': { headers: { 'content-type': 'text/html; charset=iso-8859-1' }, body: Buffer.from(page, 'latin1') },
  });
  const { documents } = await scan();
  const text = Buffer.from(documents[0]?.content?.bytes ?? []).toString();
  t.match(text, /<title>Title<\/title>[^]*<h1>Heading[^]*kept within[^]*The story\.[^]*Grüße/);
  t.notMatch(text, /Home|Brand|never seen|Related|Imprint/);
  t.equal(
    text.split('\n').findIndex((line) => line.includes('The story')),
    3,
    'on its own line',
  );
  const { content: _, ...reference } = documents[0] as SourceDocument;
  t.equal(await readText(open(), reference, SIGNAL), text, 'and the same when it is read again');
  const plain = await openSite(t, { '/': '<nav>only</nav>' });
  t.match(Buffer.from((await plain.scan()).documents[0]?.content?.bytes ?? []).toString(), /only/, 'a page of nothing else is what it is');
});

t.test('a page that fails does so alone; where its links are not known, or pages are left over, nothing is taken as deleted', async (t) => {
  const { scan } = await openSite(t, {
    '/': links('/gone', '/forbidden', '/large', '/broken', '/image', '/good'),
    '/forbidden': { status: 403 },
    '/large': 'x'.repeat(100_001),
    '/broken': { status: 500 },
    '/image': { headers: { 'content-type': 'image/png' } },
    '/good': 'good',
  });
  const { paths, problems } = await scan();
  t.same(paths, ['/', '/good']);
  t.match(problems, [
    { id: /forbidden$/, isFolder: false, error: { message: /403/ } },
    { id: /large$/, error: { code: 'DOCUMENT_TOO_LARGE' } },
    { id: /broken$/, error: { message: /500/ } },
    { id: '', isFolder: true, error: { message: /leads to is not known/ } },
  ]);
  const lost = await openSite(t, {
    '/': links('/circle', '/nowhere'),
    '/circle': { status: 302, headers: { location: '/circle' } },
    '/nowhere': { status: 302, headers: { location: 'http://[' } },
  });
  t.match(
    (await lost.scan()).problems,
    [
      { id: /circle$/, isFolder: false, error: { message: /more than 10 redirects/ } },
      { id: /nowhere$/, isFolder: false, error: { message: /no address/ } },
    ],
    'redirects that lead nowhere never will: they keep nothing from being deleted',
  );
  const many = await openSite(t, { '/': links('/1', '/2', '/3'), '/1': '1', '/2': '2', '/3': '3' }, { crawler: { maxPages: 3 } });
  const cut = await many.scan();
  t.same(cut.paths, ['/', '/1', '/2']);
  t.match(cut.problems, [{ id: '', isFolder: true, error: { message: /more than 3 pages.*max_pages/ } }]);
});

t.test('what only this machine can reach is not read, also when a page or a redirect leads to it (P10)', async (t) => {
  const inner = await startWebPeer(t, (_, response) => response.end('secret'), '127.0.0.2');
  const { scan } = await openSite(
    t,
    { '/': links(`${inner.url}/secret`, '/jump'), '/jump': { status: 302, headers: { location: `${inner.url}/secret` } } },
    { crawler: { allowedHosts: ['127.0.0.2'] } },
  );
  const { paths, problems } = await scan();
  t.same(paths, ['/']);
  t.match(problems, [
    { error: { code: 'ADDRESS_NOT_ALLOWED', message: /crawler\.allow_private/ } },
    { error: { code: 'ADDRESS_NOT_ALLOWED' } },
  ]);
  t.equal(inner.received.length, 0);
});

const SIGNAL = new AbortController().signal;
