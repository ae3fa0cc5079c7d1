/** Who tried to come in, for the metrics and the trace; what is decided is decided elsewhere. */

import { errorType } from '../observe/error-type.js';
import type { Observer } from '../observe/observer.js';
import { annotateSpan } from '../observe/trace.js';
import type { Authenticate } from './authenticate.js';
import { ownerOf } from './principal.js';

export function observeAuthentication(authenticate: Authenticate, { metrics }: Observer): Authenticate {
  return async (credentials, door) => {
    try {
      const principal = await authenticate(credentials, door);
      annotateSpan({ 'hector.user_id': ownerOf(principal) });
      return principal;
    } catch (error) {
      const error_type = errorType(error);
      metrics.count('errors_total', { component: 'access', error_type });
      throw error;
    }
  };
}
