import t from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import { createReadiness } from '../../../src/runtime/readiness.js';
import { recordLog } from '../../support/record-log.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('ready means that every check found no reason; else all reasons are told', async (t) => {
  const clock = createSteeredClock();
  const fine = { name: 'the database', findReason: async () => undefined };
  t.same(await createReadiness([fine, fine], clock, silentLogger)(), { ready: true, reasons: [] });
  const stuck = { name: 'the queue', findReason: async () => 'step jobs wait' };
  const away = {
    name: 'Redis',
    findReason: async () => {
      throw new Error('connect ECONNREFUSED 10.0.0.1');
    },
  };
  const log = recordLog();
  t.same(await createReadiness([fine, stuck, away], clock, log.log)(), {
    ready: false,
    reasons: ['step jobs wait', 'Redis does not answer'],
  });
  t.match(log.lines.join(), /ECONNREFUSED/, 'what exactly is for the log');
  t.equal(clock.pending(), 0);
});

t.test('a check that does not come back in time counts as no answer', async (t) => {
  const clock = createSteeredClock();
  const silent = { name: 'Redis', findReason: () => new Promise<undefined>(() => {}) };
  const report = createReadiness([silent], clock, silentLogger)();
  await clock.advance(800);
  t.same(await report, { ready: false, reasons: ['Redis does not answer'] });
});

t.test('however many ask at once, each store is asked once', async (t) => {
  let asked = 0;
  const check = {
    name: 'the database',
    async findReason() {
      asked += 1;
      return undefined;
    },
  };
  const readiness = createReadiness([check], createSteeredClock(), silentLogger);
  const reports = await Promise.all([readiness(), readiness(), readiness()]);
  t.same(reports, Array(3).fill({ ready: true, reasons: [] }));
  t.equal(asked, 1);
  await readiness();
  t.equal(asked, 2, 'who asks later gets an answer of its own');
});
