import { AppError } from './errors.js';

/**
 * The one check of what a body says it is (J1, RE2). A missing type is taken as JSON, which whoever reads the body then has to find in
 * it; a form that a foreign web page posts is not, since it needs no preflight.
 */
export function assertJson(contentType: string | undefined): void {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type === 'application/json' || type === 'application/a2a+json') return;
  throw new AppError('HTTP_UNSUPPORTED_MEDIA_TYPE', { message: `content-type is '${type.slice(0, 100)}': send application/json` });
}
