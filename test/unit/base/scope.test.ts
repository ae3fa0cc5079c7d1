import { EventEmitter, on, once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { bindScope, createScope, withinForeignCode } from '../../../src/base/scope.js';

const colour = createScope<string>();
const size = createScope<number>();
const both = () => [colour.find(), size.find()];

t.test('what is known to a piece of work is known to all that it begins, and to nobody else', async (t) => {
  const seen: unknown[] = [];
  const late = colour.within('red', async () => {
    await turn();
    seen.push(both());
    await size.within(3, async () => {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      seen.push(both());
      colour.within('blue', () => seen.push(both()));
      seen.push(both());
    });
    seen.push(both());
  });
  t.same(both(), [undefined, undefined]);
  await size.within(7, async () => {
    await late;
    seen.push(both());
  });
  t.same(seen, [
    ['red', undefined],
    ['red', 3],
    ['blue', 3],
    ['red', 3],
    ['red', undefined],
    [undefined, 7],
  ]);
});

t.test('a throw leaves what was known before', async (t) => {
  t.throws(() =>
    colour.within('red', () => {
      throw new Error('no');
    }),
  );
  t.equal(colour.find(), undefined);
});

/** Each goes on later, by another way; what it begins in between must find its own way, too. */
const ways: Readonly<Record<string, () => unknown>> = {
  'a promise that is settled': () => Promise.resolve(),
  'nothing at all': () => undefined,
  'a turn of the event loop': () => turn(),
  'a timer': () => sleep(1),
  'all of several': () => Promise.all([turn(), Promise.resolve(), sleep(1), undefined]),
  'the first of several': () => Promise.race([turn(), sleep(2)]),
  'a chain': () =>
    turn()
      .then(() => Promise.resolve(1))
      .finally(() => undefined),
  'a rejection that is caught': () => Promise.reject(new Error('no')).catch(() => turn()),
  'a throw that is caught': async () => {
    try {
      await (async () => {
        await turn();
        throw new Error('no');
      })();
    } catch {
      await null;
    }
  },
  // biome-ignore lint/suspicious/noThenProperty: what others return may have one.
  'a thenable': () => ({ then: (resolve: () => void) => setImmediate(resolve) }),
  'a generator': async () => {
    async function* count() {
      for (let at = 0; at < 3; at++) yield turn();
    }
    for await (const _ of count()) await null;
  },
  'a stream': async () => {
    for await (const _ of Readable.from(['a', 'b'])) await null;
  },
  'an emitter': async () => {
    const emitter = new EventEmitter();
    setImmediate(() => emitter.emit('done'));
    await once(emitter, 'done');
    setImmediate(() => emitter.emit('item', 1));
    for await (const _ of on(emitter, 'item')) break;
  },
  'a microtask': () => new Promise<void>((resolve) => queueMicrotask(resolve)),
  'the next tick': () => new Promise<void>((resolve) => process.nextTick(resolve)),
  'something known besides': () => size.within(1, () => turn()),
  'something else known for a while': () => colour.within('other', async () => void (await turn())),
};

t.test('many at once, by any way and in any order, know what is theirs alone', async (t) => {
  const wrong: string[] = [];
  const walk = async (own: string | undefined, start: number) => {
    const names = Object.keys(ways);
    for (let step = 0; step < names.length; step++) {
      const name = names[(start + step * 7) % names.length] as string;
      await ways[name]?.();
      if (colour.find() !== own) wrong.push(`${own} behind ${name}: ${colour.find()}`);
    }
  };
  t.equal(Object.keys(ways).length % 7 === 0, false, 'each way is walked');
  // Every third one knows nothing, and must not learn it from those beside it; at the second time half of them are code of others.
  for (const isShared of [false, true])
    await Promise.all(
      Array.from({ length: 60 }, (_, at) => {
        if (at % 3 === 0) return walk(undefined, at);
        const go = () => walk(`c${at}`, at);
        return colour.within(`c${at}`, () => (isShared && at % 2 === 0 ? withinForeignCode(go) : go()));
      }),
    );
  t.same(wrong, []);
  t.equal(colour.find(), undefined);
});

t.test('nothing is left over for whoever comes next', async (t) => {
  const seen: unknown[] = [];
  const look = () => seen.push(colour.find());
  const rejected = colour.within('red', () => {
    setTimeout(look, 0);
    setImmediate(look);
    queueMicrotask(look);
    process.nextTick(look);
    return Promise.reject(new Error('no'));
  });
  look();
  await t.rejects(rejected);
  await colour.within('red', async () => {
    await turn();
    // The next callbacks come while this one is still under way.
    setImmediate(look);
    await turn();
    await sleep(2);
  });
  look();
  t.same(seen, Array(7).fill(undefined));
});

t.test('a promise that is kept is waited for by another one, who knows only its own', async (t) => {
  let settle = () => {};
  const kept = colour.within('red', () => new Promise<void>((resolve) => (settle = resolve)));
  const waiting = colour.within('blue', async () => {
    await kept;
    return colour.find();
  });
  const nobody = kept.then(() => colour.find());
  colour.within('green', () => settle());
  t.same(await Promise.all([waiting, nobody]), ['blue', undefined]);
});

t.test('a callback that is bound knows it, whoever calls; one that is bound where nothing is known stays as it is', (t) => {
  const bound = colour.within('red', () => bindScope((text: string) => `${text} ${colour.find()}`));
  t.equal(bound('a'), 'a red');
  colour.within('blue', () => t.equal(bound('b'), 'b red'));
  const plain = () => 1;
  t.equal(bindScope(plain), plain);
  t.end();
});

t.test('in code of others callbacks of timers, emitters and streams know it, too, and what they begin', async (t) => {
  const seen: Record<string, unknown> = {};
  const walk = (own: string) =>
    colour.within(own, () =>
      withinForeignCode(async () => {
        const tell = (name: string, done: () => void) => () => {
          seen[`${own} ${name}`] = [colour.find(), size.find()];
          size.within(2, () =>
            setTimeout(() => {
              seen[`${own} ${name}, later`] = [colour.find(), size.find()];
              done();
            }, 1),
          );
        };
        await Promise.all([
          new Promise<void>((done) => setTimeout(tell('timer', done), 1)),
          new Promise<void>((done) => setImmediate(tell('immediate', done))),
          new Promise<void>((done) => process.nextTick(tell('tick', done))),
          new Promise<void>((done) => queueMicrotask(tell('microtask', done))),
          new Promise<void>((done) => Readable.from(['a']).on('data', tell('stream', done))),
          turn().then(() => new Promise<void>((done) => tell('promise', done)())),
        ]);
        return colour.find();
      }),
    );
  t.same(await Promise.all([walk('red'), walk('blue')]), ['red', 'blue']);
  t.equal(Object.keys(seen).length, 24);
  for (const [name, known] of Object.entries(seen)) t.same(known, [name.split(' ')[0], name.endsWith('later') ? 2 : undefined], name);
  t.equal(
    withinForeignCode(() => colour.find()),
    undefined,
  );
  // Where nothing is known it costs nothing.
  setImmediate(() => t.equal(colour.find(), undefined));
  await turn();
});
