/** A table of paths, tried in its order. Segments are compared after percent-decoding; one trailing slash is ignored. */
export interface Route<Handler> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/agents/{name}`: braces name a segment, or its start as in `{id}:cancel`. Also the route's name in traces and metrics (OBS-20). */
  readonly pattern: string;
  /** When false, the path is not one of this pattern. The same for all methods of a pattern. Default: always true. */
  readonly accepts?: (parameters: Readonly<Record<string, string>>) => boolean;
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
    segments: segmentsOf(pattern).map(toSegmentPattern),
    accepts: routes.find((route) => route.pattern === pattern)?.accepts,
    methods: new Map(routes.filter((route) => route.pattern === pattern).map((route) => [route.method as string, route])),
  }));
  return (method, path) => {
    const segments = findDecoded(segmentsOf(path));
    if (segments === undefined) return { type: 'malformed-path' };
    for (const { pattern, segments: wanted, accepts, methods } of patterns) {
      const parameters = matchSegments(wanted, segments);
      if (parameters === undefined || accepts?.(parameters) === false) continue;
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

/** The literal text, or what follows a name. */
interface SegmentPattern {
  readonly name: string | undefined;
  readonly text: string;
}

function toSegmentPattern(segment: string): SegmentPattern {
  const end = segment.indexOf('}');
  return segment.startsWith('{') ? { name: segment.slice(1, end), text: segment.slice(end + 1) } : { name: undefined, text: segment };
}

function matchSegments(wanted: readonly SegmentPattern[], segments: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, { name, text }] of wanted.entries()) {
    const value = segments[index] as string;
    if (name === undefined) {
      if (text !== value) return undefined;
    } else {
      if (value.length <= text.length || !value.endsWith(text)) return undefined;
      parameters[name] = value.slice(0, value.length - text.length);
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
