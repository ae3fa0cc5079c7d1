import type { ResolveHook } from 'node:module';

/** Of every import: whoever wants `observe/trace.js` gets `no-trace.js`. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  if (!resolved.url.endsWith('/src/observe/trace.js')) return resolved;
  return { ...resolved, url: new URL('./no-trace.js', import.meta.url).href };
};
