import t from 'tap';
import { AppError, hasCode } from '../../../src/base/errors.js';
import { listenError } from '../../../src/http/listen-error.js';
import type { HttpServerOptions } from '../../../src/http/server.js';
import { startHttpServer } from '../../../src/http/start-server.js';
import type { Logger } from '../../../src/observe/log.js';

const options: HttpServerOptions = {
  host: '127.0.0.1',
  port: 0,
  handler: async () => ({ status: 200, headers: {}, body: 'served' }),
  limits: { maxBodyBytes: 1024, maxPendingBodyBytes: 1_048_576, maxHeaderBytes: 16_384, requestTimeoutMs: 1_000 },
  refuse: () => ({ status: 400, headers: {}, body: '' }),
};
const doesNotLoad = () => Promise.reject(new AppError('HTTP_ADAPTER_UNAVAILABLE'));

t.test('auto serves with node:http where the native library does not load, and says so once', async (t) => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, text: string) => warnings.push(text) } as unknown as Logger;
  const server = await startHttpServer('auto', options, log, doesNotLoad);
  t.teardown(() => server.close());
  t.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), 'served');
  t.equal(warnings.length, 1);
  t.match(warnings[0], 'node:http');
});

t.test('uws insists, and a taken port is not a reason to fall back', async (t) => {
  const log = { warn: () => t.fail('nothing to warn about') } as unknown as Logger;
  await t.rejects(startHttpServer('uws', options, log, doesNotLoad), { code: 'HTTP_ADAPTER_UNAVAILABLE' });
  const taken = () => Promise.reject(new AppError('HTTP_ADDRESS_IN_USE'));
  await t.rejects(startHttpServer('auto', options, log, taken), { code: 'HTTP_ADDRESS_IN_USE' });
});

t.test('each reason why an address cannot be bound has its cure', async (t) => {
  const cases: Record<string, RegExp> = {
    EADDRINUSE: /127\.0\.0\.1:80 is already in use.*server\.port/,
    EACCES: /above 1023/,
    EADDRNOTAVAIL: /server\.host '127\.0\.0\.1' is not an address of this machine/,
    ENOTFOUND: /cannot be resolved/,
    EWHATEVER: /EWHATEVER/,
  };
  for (const [code, message] of Object.entries(cases)) {
    const error = listenError('127.0.0.1', 80, Object.assign(new Error(code), { code }));
    t.match(error.message, message);
    t.equal(hasCode(error, 'HTTP_ADDRESS_IN_USE'), code === 'EADDRINUSE');
  }
  t.match(listenError('::1', 80, undefined).message, '[::1]:80');
});
