/**
 * Which traces are kept. What begins here is by the rate; whatever stands below a span goes with it, whichever process made that.
 *
 * Owns: how many traces were kept in this second because a caller asked for it. Anybody can ask, long before it is known who it is, and
 * each trace costs: beyond `callersPerSecond` the rate decides about theirs, too, by chance, as a caller also chooses the id of its trace.
 */
import { type Attributes, type Context, type Link, type SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import type { Clock } from '../../base/clock.js';
import { isOfCaller } from '../trace.js';

export interface CallerSamplerOptions {
  /** Of the traces that begin here, 0 to 1. */
  readonly rate: number;
  readonly callersPerSecond: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** 0 to 1. Default `Math.random`. */
  readonly chance?: () => number;
}

export class CallerSampler implements tracing.Sampler {
  readonly #options: CallerSamplerOptions;
  readonly #byParent: tracing.Sampler;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #kept = 0;

  constructor(options: CallerSamplerOptions) {
    this.#options = options;
    this.#byParent = new tracing.ParentBasedSampler({ root: new tracing.TraceIdRatioBasedSampler(options.rate) });
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): tracing.SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent?.isRemote !== true || (parent.traceFlags & TraceFlags.SAMPLED) === 0 || !isOfCaller(context))
      return this.#byParent.shouldSample(context, traceId, name, kind, attributes, links);
    const { chance = Math.random, rate } = this.#options;
    const isKept = this.#takeOne() || chance() < rate;
    return { decision: isKept ? tracing.SamplingDecision.RECORD_AND_SAMPLED : tracing.SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `CallerSampler{${this.#byParent}}`;
  }

  #takeOne(): boolean {
    const { clock, callersPerSecond } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs - this.#secondBeganMs >= 1_000) {
      this.#secondBeganMs = nowMs;
      this.#kept = 0;
    }
    if (this.#kept >= callersPerSecond) return false;
    this.#kept += 1;
    return true;
  }
}
