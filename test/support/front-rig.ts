import type { A2aBinding } from '../../src/a2a/binding.js';
import type { ServerSentEvent } from '../../src/a2a/binding-reply.js';
import { localPrincipal } from '../../src/access/principal.js';
import { systemClock } from '../../src/base/clock.js';
import type { ServerSettings } from '../../src/config/settings.js';
import { type Front, type FrontOptions, startFront } from '../../src/http/front.js';
import { silentLogger } from '../../src/observe/log.js';
import { serverSettings } from './test-settings.js';

/** A front on a free port with a binding of the test's own. */
export async function startTestFront(
  t: { teardown(run: () => unknown): void },
  binding: Partial<A2aBinding>,
  options: Partial<Omit<FrontOptions, 'settings' | 'binding'>> & {
    settings?: Partial<ServerSettings>;
    limits?: Partial<ServerSettings['limits']>;
  } = {},
): Promise<Front> {
  const { settings, limits, ...ports } = options;
  const front = await startFront({
    settings: { ...SETTINGS, ...settings, limits: { ...SETTINGS.limits, ...limits } },
    binding: {
      handleJsonRpc: async () => ({ type: 'json', status: 200, headers: {}, body: '{}' }),
      handleRest: async () => ({ type: 'json', status: 200, headers: {}, body: '{}' }),
      speaksLegacy: () => false,
      card: async () => undefined,
      defaultCard: async () => undefined,
      listCards: async () => '{"agents":[],"total":0}',
      ...binding,
    },
    authenticate: async () => localPrincipal,
    readiness: async () => ({ ready: true, reasons: [] }),
    log: silentLogger,
    clock: systemClock,
    version: '1.2.3',
    ...ports,
  });
  t.teardown(() => front.close());
  return front;
}

/** An event source that a test feeds by hand and that knows whether it was closed. */
export class EventSource implements AsyncIterable<ServerSentEvent> {
  /** Resolves when the consumer has closed it. */
  readonly returned: Promise<void>;
  /** Resolves when the consumer asks for the first event. */
  readonly pulled: Promise<void>;
  #onReturned!: () => void;
  #onPulled!: () => void;
  #queue: Array<ServerSentEvent | Error | 'end'> = [];
  #wake: (() => void) | undefined;

  constructor() {
    this.returned = new Promise((resolve) => {
      this.#onReturned = resolve;
    });
    this.pulled = new Promise((resolve) => {
      this.#onPulled = resolve;
    });
  }

  push(...items: Array<ServerSentEvent | Error | 'end'>): void {
    this.#queue.push(...items);
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<ServerSentEvent> {
    return {
      next: async () => {
        this.#onPulled();
        while (this.#queue.length === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        const item = this.#queue.shift();
        if (item instanceof Error) throw item;
        return item === undefined || item === 'end' ? { done: true, value: undefined } : { done: false, value: item };
      },
      return: async () => {
        this.#onReturned();
        return { done: true, value: undefined };
      },
    };
  }
}

const SETTINGS: ServerSettings = serverSettings({ shutdownTimeoutMs: 5_000 });
