/** Who tried to come in, for the metrics and the trace; what is decided is decided elsewhere. */

import { errorType } from '../observe/error-type.js';
import type { Observer } from '../observe/observer.js';
import { annotateSpan } from '../observe/trace.js';
import type { Authenticate } from './authenticate.js';
import { ownerOf, type Principal } from './principal.js';

export function observeAuthentication(authenticate: Authenticate, { metrics }: Observer): Authenticate {
  const admit = (principal: Principal) => {
    annotateSpan({ 'hector.user_id': ownerOf(principal) });
    return principal;
  };
  const refuse = (error: unknown) => {
    const error_type = errorType(error);
    metrics.count('errors_total', { component: 'access', error_type });
    throw error;
  };
  return (credentials, door) => {
    const principal = authenticate(credentials, door);
    return principal instanceof Promise ? principal.then(admit, refuse) : admit(principal);
  };
}
