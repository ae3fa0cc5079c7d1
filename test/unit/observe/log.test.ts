import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogger, type LogOptions } from '../../../src/observe/log.js';
import { withSpan } from '../../../src/observe/trace.js';
import { recordSpans } from '../../support/record-spans.js';

function open(t: Test, options: Partial<LogOptions> = {}) {
  const file = join(t.testdir({}), 'log', 'h.log');
  return { log: createLogger({ level: 'info', format: 'simple', file, ...options }), read: () => readFileSync(file, 'utf8') };
}

t.test('the three formats of a line (OBS-40, CLI-13, W-108)', async (t) => {
  const write = (format: LogOptions['format']) => {
    const { log, read } = open(t, { format });
    log.info({ agent: 'a' }, 'hello');
    log.warn({ err: new Error('broken') }, 'failed');
    log.warn({ reason: 'the disk is full' }, 'tried again');
    log.debug('not said');
    return read();
  };
  t.equal(write('simple'), 'hello\nwarn: failed: broken\nwarn: tried again: the disk is full\n');
  t.match(write('verbose'), /^\S+Z INFO {2}hello \{"agent":"a"\}\n\S+Z WARN {2}failed \{"err":\{.*"message":"broken".*\}\}\n.*WARN.*full/);
  const lines = write('json')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [
    { level: 'info', msg: 'hello', agent: 'a' },
    { level: 'warn', msg: 'failed', err: { message: 'broken' } },
    { level: 'warn', msg: 'tried again', reason: 'the disk is full' },
  ]);
});

t.test('nothing that is logged makes a line of its own, moves the cursor or turns the text', async (t) => {
  const evil = 'x\nerror: forged\r\u001b[2J\u0085\u2028\u202eabc\u0000';
  for (const format of ['simple', 'verbose'] as const) {
    const { log, read } = open(t, { format });
    log.info({ name: evil }, `user ${evil}`);
    log.error({ err: new Error(evil) }, evil);
    const text = read();
    t.equal(text.split('\n').length, 3, `${format}: two lines`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for these
    t.notMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    t.match(text, 'x\\nerror: forged\\r\\u001b[2J\\u0085\\u2028\\u202eabc\\u0000');
  }
});

t.test('secrets are in no line of any format (SEC-17)', async (t) => {
  for (const format of ['simple', 'verbose', 'json'] as const) {
    const { log, read } = open(t, { format, level: 'debug' });
    log.info({ headers: { authorization: 'Bearer zzz-111' }, apiKey: 'zzz-222' }, 'asked with Bearer zzz-333');
    log.child({ token: 'zzz-444' }).warn({ err: new Error('redis://:zzz-555@host', { cause: new Error('password=zzz-666') }) }, 'no');
    t.notMatch(read(), /zzz-/, format);
  }
});

t.test('lines of a span say which (trace ids in logs)', async (t) => {
  const recorded = recordSpans(t);
  const { log, read } = open(t, { format: 'json' });
  await withSpan('hector.test', {}, async () => log.info('inside'));
  log.info('outside');
  const [inside, outside] = read()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { traceId, spanId } = recorded.finished()[0]?.spanContext() ?? {};
  t.match(inside, { trace_id: traceId, span_id: spanId });
  t.notOk('trace_id' in (outside ?? {}));
});
