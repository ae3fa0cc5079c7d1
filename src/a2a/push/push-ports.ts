import type { OutboundGuard } from '../../access/outbound-guard.js';
import type { PushConfigStore } from '../../tasks/push-config-store.js';
import type { PushMark } from '../../tasks/push-marks.js';
import type { PushSecrets } from './push-secrets.js';

/** What `compose.ts` supplies; without it push is not supported (P1). */
export interface PushPorts {
  readonly store: PushConfigStore;
  readonly guard: OutboundGuard;
  readonly secrets: PushSecrets;
  /** Tells deliverers and publishers of a config. Never rejects, and is not waited for. */
  readonly announce: (config: PushMark) => void;
}
