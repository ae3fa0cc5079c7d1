import t from 'tap';
import { parseRobots } from '../../../src/knowledge/sources/urls/robots.js';

t.test('robots.txt: the group of the crawler, else that of all; the longest pattern decides (RFC 9309)', async (t) => {
  const rules = parseRobots(
    `# comment
User-agent: other
Disallow: /

User-Agent: HECTOR
User-agent: friend
Disallow: /private # all of it
Allow: /private/open
Disallow: /*.pdf$
Disallow: /*/secret*end
Disallow: /same
Allow: /same
Disallow: /%7euser/b%2fc
Disallow:
Crawl-delay: 2.5
Sitemap: https://x.example/map.xml

User-agent: hector
Disallow: /second

User-agent: *
Disallow: /everybody
`,
    'Hector',
  );
  for (const [path, isAllowed] of [
    ['/', true],
    ['/private', false],
    ['/private/x?y=1', false],
    ['/private/open/x', true],
    ['/a.pdf', false],
    ['/a.pdf?x', true],
    ['/a/secret/the/end', false],
    ['/a/secret/the', true],
    ['/same/x', true],
    ['/~user/b%2Fc', false],
    ['/~user/b/c', true],
    ['/second', false],
    ['/everybody', true],
    ['/robots.txt', true],
  ] as const)
    t.equal(rules.allows(path), isAllowed, path);
  t.equal(rules.crawlDelayMs, 2_500);
  t.same(rules.sitemaps, ['https://x.example/map.xml']);
  t.equal(parseRobots('User-agent: *\r\nDisallow: /x\rUser-agent: a\nDisallow: /', 'hector').allows('/x'), false);
  t.equal(parseRobots('Disallow: /\nnonsense\n\u0000', 'hector').allows('/x'), true, 'rules without a group are nobody’s');
  t.equal(parseRobots('User-agent: *\nDisallow: /ä\ud800', 'hector').allows('/%C3%A4%EF%BF%BD'), false);
  t.equal(parseRobots('User-agent: *\nCrawl-delay: 1e9\nDisallow:/a*a*a*a*a*a*a*a*b', 'h').crawlDelayMs, 60_000);
  const hostile = parseRobots(`User-agent: *\nDisallow: /${'*a'.repeat(2_000)}$`, 'h');
  t.equal(hostile.allows(`/${'a'.repeat(1_999)}`), true, 'in no time');
});
