/** An exchange behind the guard that push uses, too: a tool's own `allow_private` says what it may reach inside (TOOL-18). */
import { createGuardedRequest } from '../../../../access/guarded-request.js';
import { createOutboundGuard, type ResolveHost } from '../../../../access/outbound-guard.js';
import type { Clock } from '../../../../base/clock.js';
import { createExchange, type Exchange, type ExchangeLimits } from './exchange.js';

export interface GuardedExchangeOptions {
  readonly limits: ExchangeLimits;
  readonly allowPrivate: readonly string[];
  /** Where the tool stands in the configuration, for messages. */
  readonly keyPath: string;
  /** Default: as the system resolves names. */
  readonly resolveHost?: ResolveHost | undefined;
  readonly clock: Clock;
}

export function createGuardedExchange({ limits, allowPrivate, keyPath, resolveHost, clock }: GuardedExchangeOptions): Exchange {
  const resolve = resolveHost === undefined ? {} : { resolve: resolveHost };
  const guard = createOutboundGuard({ allowPrivate, keyPath: `${keyPath}.allow_private`, ...resolve });
  return createExchange({ limits, request: createGuardedRequest(guard), clock });
}
