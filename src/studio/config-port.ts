import type { ConfigReloader } from '../runtime/config-reloader.js';

/** What the management API needs of the configuration. */
export type ConfigPort = Pick<ConfigReloader, 'show' | 'check' | 'save' | 'status'>;
