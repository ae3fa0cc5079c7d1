/** A table of paths. Segments are compared after percent-decoding; one trailing slash is ignored. */
export interface Route<Handler> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/agents/{name}`: braces name a segment. Also the route's name in traces and metrics (OBS-20). */
  readonly pattern: string;
  readonly handle: Handler;
}

export type RouteMatch<Handler> =
  | { readonly type: 'found'; readonly route: Route<Handler>; readonly parameters: Readonly<Record<string, string>> }
  /** The path exists, the method does not; `OPTIONS` ends here too. */
  | { readonly type: 'wrong-method'; readonly pattern: string; readonly allow: string }
  | { readonly type: 'unknown-path' }
  /** A percent-encoding that is not UTF-8. */
  | { readonly type: 'malformed-path' };

export type FindRoute<Handler> = (method: string, path: string) => RouteMatch<Handler>;

export function createRouter<Handler>(routes: readonly Route<Handler>[]): FindRoute<Handler> {
  const patterns = [...new Set(routes.map((route) => route.pattern))].map((pattern) => ({
    pattern,
    segments: segmentsOf(pattern),
    methods: new Map(routes.filter((route) => route.pattern === pattern).map((route) => [route.method as string, route])),
  }));
  return (method, path) => {
    const segments = findDecoded(segmentsOf(path));
    if (segments === undefined) return { type: 'malformed-path' };
    for (const { pattern, segments: wanted, methods } of patterns) {
      const parameters = matchSegments(wanted, segments);
      if (parameters === undefined) continue;
      const route = methods.get(method === 'HEAD' ? 'GET' : method);
      return route === undefined ? { type: 'wrong-method', pattern, allow: allowedMethods(methods) } : { type: 'found', route, parameters };
    }
    return { type: 'unknown-path' };
  };
}

function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

function findDecoded(segments: string[]): string[] | undefined {
  try {
    return segments.map((segment) => (segment.includes('%') ? decodeURIComponent(segment) : segment));
  } catch {
    // The one failure of decodeURIComponent: a malformed escape.
    return undefined;
  }
}

function matchSegments(wanted: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = segments[index] as string;
    if (!segment.startsWith('{')) {
      if (segment !== value) return undefined;
    } else {
      if (value === '') return undefined;
      parameters[segment.slice(1, -1)] = value;
    }
  }
  return parameters;
}

function allowedMethods(methods: ReadonlyMap<string, unknown>): string {
  return [...methods.keys()]
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .concat('OPTIONS')
    .join(', ');
}
