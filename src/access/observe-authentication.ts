/** Who tried to come in, for the audit and the trace; what is decided is decided elsewhere. */
import type { Observer } from '../observe/observer.js';
import { errorType } from '../observe/observer.js';
import { annotateSpan } from '../observe/trace.js';
import type { Authenticate } from './authenticate.js';
import { localPrincipal } from './principal.js';

export function observeAuthentication(authenticate: Authenticate, { audit, metrics }: Observer): Authenticate {
  return async (credentials) => {
    const { remoteAddress } = credentials;
    try {
      const principal = await authenticate(credentials);
      annotateSpan({ 'hector.user_id': principal.subject });
      // Without authentication nobody attempts anything.
      if (principal !== localPrincipal) audit.record({ action: 'auth.attempt', user: principal.subject, success: true, remoteAddress });
      return principal;
    } catch (error) {
      const error_type = errorType(error);
      audit.record({ action: 'auth.attempt', user: '', success: false, remoteAddress, error: error_type });
      metrics.count('errors_total', { component: 'access', error_type });
      throw error;
    }
  };
}
