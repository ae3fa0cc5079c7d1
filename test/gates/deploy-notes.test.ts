/** What is said of deploying, and what does not stand in manifests: the image's parts, machines without containers, backups, regions. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { loadSettings } from '../../src/config/load-settings.js';
import { readProjectFiles } from './project.js';

const FOLDER = 'config/deploy/';
const DEPLOY_FILES = readProjectFiles(/^config\/deploy\//);

t.test('it is a program of Node, installed with its package, and no single file: that is said (DEP-01)', async (t) => {
  const { bin, engines, files } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;
  t.match([bin, engines, files], [{ hector: 'dist/bundle/main.js' }, { node: '>=20.19' }, undefined]);
  t.match(readFileSync('src/main.ts', 'utf8'), /^#!\/usr\/bin\/env node\n/);
  t.match(DEPLOY_FILES.get(`${FOLDER}README.md`), /There is no single binary/);
});

t.test(
  'the image has native modules that were compiled for it, and its command names no file that is not there (W-13, W-15)',
  async (t) => {
    const dockerfile = DEPLOY_FILES.get(`${FOLDER}Dockerfile`) ?? '';
    const [build, shipped] = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    t.equal(build, shipped, 'one system, one version of Node');
    t.match(dockerfile, /python3 make g\+\+/);
    t.match(dockerfile, /^RUN npm ci(?!.*--ignore-scripts)/m);
    const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { allowScripts: Record<string, boolean> };
    t.match(allowScripts, { 'better-sqlite3': true, 'hnswlib-node': true });
    t.match(dockerfile, /^CMD \["serve"\]$/m);
    t.match(dockerfile, /^VOLUME \/app\/\.hector$/m, 'where it writes one for the next time');
  },
);

t.test('launchd starts it as systemd does, again when it failed, and waits for the drain (DEP-04, DEP-07)', async (t) => {
  const text = DEPLOY_FILES.get(`${FOLDER}launchd/dev.hector.plist`) ?? '';
  const after = (key: string) => new RegExp(`<key>${key}</key>\\s*(.*?(?=<key>[A-Z]|</dict>\\n</plist>))`, 's').exec(text)?.[1] ?? '';
  const parts = [...after('ProgramArguments').matchAll(/<string>(.*?)<\/string>/g)].map(([, part]) => part);
  t.same(parts, ['/usr/local/bin/hector', 'serve', '--config', '/usr/local/etc/hector/hector.yaml']);
  t.match(/<key>KeepAlive<\/key><dict><key>SuccessfulExit<\/key><false\/>/.test(text), true);
  t.match(after('ThrottleInterval'), /<integer>5</);
  t.ok(
    Number(/<integer>(\d+)/.exec(after('ExitTimeOut'))?.[1]) * 1_000 >
      loadSettings({ document: {}, environment: {} }).server.shutdownTimeoutMs,
  );
});

t.test('how to scale, to save and to live in several regions is said (DEP-06, DEP-08, DEP-09, DEP-10)', async (t) => {
  const text = DEPLOY_FILES.get(`${FOLDER}README.md`) ?? '';
  for (const said of [
    /any instance continues any conversation/,
    /pg_restore --clean --if-exists/,
    /sqlite3 \.hector\/hector\.db "\.backup/,
    /`storage\.retention`/,
    /no part of Hector may be given a read-only replica/,
    /up to one core and 1 GiB per process/,
  ])
    t.match(text, said);
});
