/**
 * The spans that ended last in this process, to be looked at (OBS-34).
 *
 * Owns: at most `capacity` of them; the oldest goes when another one comes. Does not own: spans of other processes.
 * - Whose a span is: `hector.user_id` of it, or else of the nearest span above it.
 */
import { isoTime } from '../../base/clock.js';
import type { JsonObject } from '../../base/json.js';
import { describeSpan, durationMs, type EndedSpan, STATUS_ERROR, startMs } from './span-view.js';

/** Whether the caller may see spans made for this owner; `undefined` = made for nobody. */
export type IsVisible = (owner: string | undefined) => boolean;

export interface TraceQuery {
  readonly isVisible: IsVisible;
  /** Only traces that have committed this event, `<task id>.<seq>`. */
  readonly eventId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly limit: number;
}

export interface TraceReader {
  /** Newest first. */
  list(query: TraceQuery): readonly JsonObject[];
  /** Its spans in the order in which they began; empty when there are none for this caller. */
  read(traceId: string, isVisible: IsVisible): readonly JsonObject[];
}

export class SpanRing implements TraceReader {
  readonly #spans: (EndedSpan | undefined)[];
  #next = 0;

  constructor(capacity = CAPACITY) {
    this.#spans = new Array<EndedSpan | undefined>(capacity).fill(undefined);
  }

  add(span: EndedSpan): void {
    this.#spans[this.#next] = span;
    this.#next = (this.#next + 1) % this.#spans.length;
  }

  list({ isVisible, eventId, taskId, limit }: TraceQuery): readonly JsonObject[] {
    const traces = new Map<string, EndedSpan[]>();
    for (const span of this.#visible(isVisible)) {
      const { traceId } = span.spanContext();
      traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
    }
    return [...traces.values()]
      .filter((spans) => eventId === undefined || spans.some((span) => holds(span, 'hector.event_id', eventId)))
      .filter((spans) => taskId === undefined || spans.some((span) => holds(span, 'hector.task.id', taskId)))
      .map(inOrder)
      .sort((one, other) => startMs(other[0] as EndedSpan) - startMs(one[0] as EndedSpan))
      .slice(0, limit)
      .map(summarize);
  }

  read(traceId: string, isVisible: IsVisible): readonly JsonObject[] {
    return inOrder(this.#visible(isVisible).filter((span) => span.spanContext().traceId === traceId)).map(describeSpan);
  }

  /** The oldest first. */
  #visible(isVisible: IsVisible): EndedSpan[] {
    const spans = [...this.#spans.slice(this.#next), ...this.#spans.slice(0, this.#next)].filter((span) => span !== undefined);
    const wayUp = wayUpIn(spans);
    const ownerOf = (span: EndedSpan): string | undefined => {
      for (const { attributes } of wayUp(span)) {
        const owner = attributes['hector.user_id'];
        if (owner !== undefined) return String(owner);
      }
      return undefined;
    };
    return spans.filter((span) => isVisible(ownerOf(span)));
  }
}

/** As they began. Their clock knows milliseconds: of those that began in the same one, those above come first. */
function inOrder(spans: readonly EndedSpan[]): EndedSpan[] {
  const wayUp = wayUpIn(spans);
  const depths = new Map(spans.map((span) => [span, [...wayUp(span)].length]));
  const depthOf = (span: EndedSpan) => depths.get(span) ?? 0;
  return [...spans].sort((one, other) => startMs(one) - startMs(other) || depthOf(one) - depthOf(other));
}

/** The span itself, and those above it that are here. */
function wayUpIn(spans: readonly EndedSpan[]): (span: EndedSpan) => Generator<EndedSpan> {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  return function* (span) {
    let at: EndedSpan | undefined = span;
    // There are no more spans than that, so none has a longer way up.
    for (let depth = 0; at !== undefined && depth < spans.length; depth++) {
      yield at;
      const above: string | undefined = at.parentSpanContext?.spanId;
      at = above === undefined ? undefined : byId.get(above);
    }
  };
}

function summarize(spans: readonly EndedSpan[]): JsonObject {
  const first = spans[0] as EndedSpan;
  const end = Math.max(...spans.map((span) => startMs(span) + durationMs(span)));
  const task = spans.find((span) => span.attributes['hector.task.id'] !== undefined)?.attributes['hector.task.id'];
  return {
    trace_id: first.spanContext().traceId,
    name: first.name,
    started_at: isoTime(startMs(first)),
    duration_ms: Math.round(end - startMs(first)),
    spans: spans.length,
    errors: spans.filter(({ status }) => status.code === STATUS_ERROR).length,
    ...(typeof task === 'string' ? { task_id: task } : {}),
  };
}

function holds({ attributes }: EndedSpan, name: string, value: string): boolean {
  const held = attributes[name];
  return Array.isArray(held) ? held.includes(value) : held === value;
}

const CAPACITY = 1_000;
