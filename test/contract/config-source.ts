/** What every place of a configuration promises (CFG-10, CFG-93, CFG-94), whatever keeps it. */
import type { Test } from 'tap';
import { hasCode } from '../../src/base/errors.js';
import type { ConfigSource } from '../../src/config/sources/config-source.js';
import type { OpenConfigWorld } from '../support/config-worlds/config-world.js';
import { createQuickClock } from '../support/quick-clock.js';

const TEXT = 'name: ours # ü\n';

export function configSourceContract(t: Test, openWorld: OpenConfigWorld): void {
  t.test('it is read, and its revision changes with the text', async (t) => {
    const { open, put } = await openWorld(t);
    const source = await open(createQuickClock());
    await put(TEXT);
    const first = await source.read();
    t.equal(first.text, TEXT);
    t.same(await source.read(), first);
    await put('name: other\n');
    const second = await source.read();
    t.equal(second.text, 'name: other\n');
    t.not(second.revision, first.revision);
    await put('');
    t.equal((await source.read()).text, '');
  });

  t.test('what is not there, no text or too large is told, with the place', async (t) => {
    const { open, put } = await openWorld(t);
    const source = await open(createQuickClock());
    await t.rejects(source.read(), { code: 'CONFIG_NOT_FOUND', message: source.place });
    await put(Buffer.from([0x6e, 0xff, 0xfe]));
    await t.rejects(source.read(), { code: 'CONFIG_SYNTAX', message: source.place });
    await put('name: a\0b\n');
    await t.rejects(source.read(), { code: 'CONFIG_SYNTAX', message: source.place });
    await put(`${'#'.repeat(1024 * 1024)}\n`);
    await t.rejects(source.read(), { code: 'CONFIG_UNREADABLE', message: /larger than 1 MiB/ });
  });

  t.test('it is written as a whole, and only over the revision that was read', async (t) => {
    const { open, put, remove } = await openWorld(t);
    const source = await open(createQuickClock());
    await put(TEXT);
    const { revision } = await source.read();
    const written = await source.write('name: written\n', revision);
    t.equal(written.text, 'name: written\n');
    t.same(await source.read(), written);
    await t.rejects(source.write('name: late\n', revision), { code: 'CONFIG_CHANGED', message: source.place });
    t.equal((await source.read()).text, 'name: written\n');
    const rivals = await Promise.allSettled([1, 2, 3].map((one) => source.write(`name: rival${one}\n`, written.revision)));
    const winners = rivals.flatMap((rival) => (rival.status === 'fulfilled' ? [rival.value] : []));
    t.equal(winners.length, 1);
    t.same(await source.read(), winners[0]);
    await remove();
    const gone = await source.write('name: gone\n', winners[0]?.revision ?? '').catch((thrown: unknown) => thrown);
    t.ok(hasCode(gone, 'CONFIG_CHANGED') || hasCode(gone, 'CONFIG_NOT_FOUND'), String(gone));
    await t.rejects(source.read(), { code: 'CONFIG_NOT_FOUND' });
  });

  t.test('a watch sees what others do to it: changes, its end and its return, until it is ended', async (t) => {
    const { open, put, remove } = await openWorld(t);
    const source = await open(createQuickClock());
    await put(TEXT);
    const watch = follow(source);
    t.teardown(watch.stop);
    for (const text of ['name: second\n', 'name: third\n']) {
      await put(text);
      await watch.saw(text);
    }
    await remove();
    await watch.saw(undefined);
    await put('name: anew\n');
    await watch.saw('name: anew\n');
    watch.stop();
    watch.stop();
    const calls = watch.calls();
    await put('name: after\n');
    t.equal((await source.read()).text, 'name: after\n');
    t.equal(watch.calls(), calls);
    t.same(watch.warnings, []);
  });

  t.test('a change between a reading and the wait for the next one is not missed, nor one that is forgotten meanwhile', async (t) => {
    const { openStore, compact, put, remove } = await openWorld(t);
    if (openStore === undefined) return void t.pass('files are looked at');
    const store = openStore();
    const signal = AbortSignal.timeout(10_000);
    const nowhere = await store.get(signal);
    t.equal(nowhere.value, undefined);
    await put(TEXT);
    await store.awaitChange(nowhere.position, signal);
    const { position } = await store.get(signal);
    await put('name: second\n');
    await put('name: third\n');
    await store.awaitChange(position, signal);
    await compact?.();
    await store.awaitChange(position, signal);
    await remove();
    await store.awaitChange(position, signal);
    const gone = await store.get(signal);
    const ended = new AbortController();
    const waiting = store.awaitChange(gone.position, ended.signal);
    ended.abort();
    await t.rejects(waiting, 'what has not changed is waited for');
  });

  t.test('who keeps it goes away and comes back: that is told once, and nothing is missed', async (t) => {
    const { open, put, stop, start } = await openWorld(t);
    if (stop === undefined || start === undefined) return void t.pass('nothing here can go away');
    const source = await open(createQuickClock());
    await put(TEXT);
    const watch = follow(source);
    t.teardown(watch.stop);
    await watch.saw(TEXT);
    await stop();
    await watch.warned(1);
    await t.rejects(source.read(), { code: 'CONFIG_SOURCE_UNAVAILABLE', disposition: 'retry', httpStatus: 503 });
    await start();
    await put('name: meanwhile\n');
    await watch.saw('name: meanwhile\n');
    await put('name: after\n');
    await watch.saw('name: after\n');
    t.equal(watch.warnings.length, 2, 'lost, and found');
    t.match(watch.warnings[0], /cannot be watched, what was read last stays/);
    t.match(watch.warnings[1], /can be watched again/);
  });

  t.test('who may not read it is told what to set, and no message shows a secret', async (t) => {
    const { put, protect } = await openWorld(t);
    if (protect === undefined) return void t.pass('nobody keeps it from us');
    await put(TEXT);
    const { refused, allowed, reader, secrets } = await protect();
    const shown: string[] = [allowed.place];
    for (const source of refused) {
      const error = await source.read().catch((thrown: unknown) => thrown);
      t.match(error, { code: 'CONFIG_UNREADABLE', message: /does not let us read .*; set / });
      shown.push(String(error), source.place);
    }
    const stored = await allowed.read();
    t.equal(stored.text, 'name: protected\n');
    if (reader !== undefined) {
      t.equal((await reader.read()).text, 'name: protected\n');
      const error = await reader.write('name: mine\n', stored.revision).catch((thrown: unknown) => thrown);
      t.match(error, { code: 'CONFIG_NOT_WRITABLE', message: /does not let us write .*; set / });
      shown.push(String(error));
    }
    t.equal((await allowed.write('name: written\n', stored.revision)).text, 'name: written\n');
    for (const secret of secrets) t.notMatch(shown.join('\n'), secret);
  });
}

/** Reads at every call, as whoever watches does; `undefined` is what is not there. */
function follow(source: ConfigSource) {
  const seen: (string | undefined)[] = [];
  const warnings: string[] = [];
  let calls = 0;
  let look: () => void = () => undefined;
  const stop = source.watch(
    async () => {
      calls += 1;
      seen.push(
        await source.read().then(
          ({ text }) => text,
          () => undefined,
        ),
      );
      look();
    },
    (message) => {
      warnings.push(message);
      look();
    },
  );
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      // A watch of files does not keep a process alive by itself.
      const keepAlive = setInterval(() => undefined, 60_000);
      look = () => {
        if (!isSo()) return;
        clearInterval(keepAlive);
        resolve();
      };
      look();
    });
  return {
    stop,
    warnings,
    calls: () => calls,
    saw: (text: string | undefined) => until(() => seen.length > 0 && seen.at(-1) === text),
    warned: (count: number) => until(() => warnings.length >= count),
  };
}
