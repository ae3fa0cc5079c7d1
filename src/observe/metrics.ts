/**
 * What the process counts. Only importer of prom-client, and loaded only where metrics are served; the rest of Hector sees `meter.ts`.
 *
 * Owns: one registry per composition, and what is read when somebody asks. Does not own: the path it is served under, nor what is counted
 * (`metric-catalog.ts`).
 * - Counters are this process's; the queue's gauges are the deployment's, read when somebody asks.
 * - Whatever comes as a label, a metric has at most `MAX_SERIES` series: what is new beyond that is counted under `other`.
 */
import { Counter, exponentialBuckets, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics, MetricsPage } from './meter.js';
import { type GaugeName, METRICS, type MetricName } from './metric-catalog.js';

export interface MetricsOptions {
  /** Before every name. Default `hector`. */
  readonly namespace?: string;
  /** Between namespace and name; '' = nothing. */
  readonly subsystem?: string;
  /** On every series. */
  readonly constLabels?: Readonly<Record<string, string>>;
}

type Family = { kind: 'counter'; it: Counter } | { kind: 'gauge'; it: Gauge } | { kind: 'histogram'; it: Histogram };

export function createMetrics({ namespace = 'hector', subsystem = '', constLabels = {} }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels(constLabels);
  const prefix = [namespace, subsystem].filter((part) => part !== '').map((part) => `${part}_`);
  const families = new Map<string, Family>();
  const known = new Map<string, Set<string>>();
  for (const [name, metric] of Object.entries(METRICS)) {
    const options = { name: `${prefix.join('')}${name}`, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
    known.set(name, new Set());
    if (metric.kind === 'counter') families.set(name, { kind: 'counter', it: new Counter(options) });
    else if (metric.kind === 'gauge') families.set(name, { kind: 'gauge', it: new Gauge(options) });
    else {
      const { start, factor, count } = metric.buckets;
      const buckets = exponentialBuckets(start, factor, count);
      families.set(name, { kind: 'histogram', it: new Histogram({ ...options, buckets }) });
    }
  }
  const get = <Kind extends Family['kind']>(name: string, kind: Kind) => {
    const family = families.get(name);
    if (family?.kind !== kind) throw new Error(`there is no ${kind} '${name}'`);
    return family.it as Extract<Family, { kind: Kind }>['it'];
  };
  // A gauge without a value of its own is not 0.
  const clear = (name: GaugeName): void => {
    get(name, 'gauge').reset();
    if (METRICS[name].labels.length === 0) get(name, 'gauge').remove();
  };
  const bound = (name: MetricName, labels: Readonly<Record<string, string>>): Record<string, string> => {
    const seen = known.get(name) as Set<string>;
    const key = Object.values(labels).join('\u0000');
    if (seen.has(key)) return labels;
    if (seen.size < MAX_SERIES) {
      seen.add(key);
      return labels;
    }
    return Object.fromEntries(Object.keys(labels).map((label) => [label, 'other']));
  };
  /** Who asks while others are answered gets the same page: two readings at once would clear each other's gauges. */
  let rendering: { readonly page: Promise<MetricsPage>; readonly since: number } | undefined;
  const render = async (): Promise<MetricsPage> => {
    await Promise.all(
      watched.map(async ({ gauges, read }) => {
        for (const name of gauges) clear(name);
        try {
          await read();
        } catch {
          // What cannot be read is left out; who reads says elsewhere what is wrong with it (readiness, the log).
          for (const name of gauges) clear(name);
        }
      }),
    );
    return { contentType: registry.contentType, body: await registry.metrics() };
  };
  const watched: { readonly gauges: readonly GaugeName[]; readonly read: () => void | Promise<void> }[] = [];
  for (const [name, { kind }] of Object.entries(METRICS)) if (kind === 'gauge') clear(name as GaugeName);

  return {
    count: (name, labels, by = 1) => get(name, 'counter').inc(bound(name, labels), by),
    observe: (name, labels, value) => get(name, 'histogram').observe(bound(name, labels), value),
    add: (name, labels, by) => get(name, 'gauge').inc(bound(name, labels), by),
    set: (name, labels, value) => get(name, 'gauge').set(bound(name, labels), value),
    watch: (gauges, read) => void watched.push({ gauges, read }),
    render: () => {
      const now = performance.now();
      // A reading that hangs holds up nobody who comes later.
      if (rendering !== undefined && now - rendering.since < LONGEST_SHARED_MS) return rendering.page;
      const own = { page: render(), since: now };
      rendering = own;
      return own.page.finally(() => {
        if (rendering === own) rendering = undefined;
      });
    },
  };
}

const MAX_SERIES = 1_000;
const LONGEST_SHARED_MS = 10_000;
