import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { unit } from '../contract/vector-store.js';
import { idsNear, openCollection, targetIn } from '../support/index-world.js';
import { countAt } from '../support/index-writer.js';
import { tempFolder } from '../support/knowledge-rig.js';
import { chooseSeed, isLongForm, reportFigure } from '../support/long-form.js';

const KILLS = isLongForm ? 200 : 8;

t.test(
  `an index is readable, and as new as was promised, after ${KILLS} kills while it is saved (VEC-08)`,
  { timeout: 280_000 },
  async (t) => {
    const directory = tempFolder(t);
    let state = chooseSeed(3);
    t.comment(`seed ${state}`);
    const random = () => {
      state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
      return (state >>> 0) / 2 ** 32;
    };
    let promised = 0;
    let midSave = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      promised = Math.max(promised, await writeUntilKilled(directory, random));
      const opened = await openCollection(t, targetIn(directory));
      const { version } = opened.position;
      const at = `after kill ${kill}, at version ${version}`;
      t.equal(opened.takeDiscarded(), undefined, `readable ${at}`);
      t.ok(version >= promised, `${at}: ${promised} was promised`);
      t.equal(opened.count, countAt(version), `all of it ${at}`);
      if (version > 0) t.same(await idsNear(opened, unit(32, version * 100 + 7), 1), [`v${version}-7`]);
      if (version > promised || hasOrphans(directory)) midSave += 1;
      promised = version;
    }
    reportFigure(t, 'kills in the middle of a save', `${midSave} of ${KILLS}`);
    t.ok(midSave > 0, 'some kills came while files were written');
    // The next writer cleans up behind those that were killed.
    const last = await openCollection(t, targetIn(directory));
    await last.save();
    t.notOk(hasOrphans(directory));
  },
);

/** The last version that the process said was saved. */
async function writeUntilKilled(directory: string, random: () => number): Promise<number> {
  const program = fileURLToPath(new URL('../support/index-writer.js', import.meta.url));
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let saved = 0;
  const rounds = 1 + Math.floor(random() * 4);
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'begin') saved = Number(line);
    seen += 1;
    if (seen !== rounds) continue;
    // A time somewhere in the next round: what is looked for is whatever happens to be under way.
    await sleep(random() * 25);
    child.kill('SIGKILL');
  }
  await exited;
  return saved;
}

function hasOrphans(directory: string): boolean {
  const names = readdirSync(directory);
  const manifest = names.find((name) => name.endsWith('.json'));
  const named = manifest === undefined ? '' : readFileSync(join(directory, manifest), 'utf8');
  return names.some((name) => name !== manifest && !named.includes(`"${name}"`));
}
