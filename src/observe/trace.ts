/**
 * Spans over the OpenTelemetry API. Without a registered provider they cost next to nothing; `tracing/` registers one.
 *
 * A trace crosses processes as W3C headers (OBS-33), and the queue and the database as one text: the `traceparent`, and below it `tracestate`
 * and `baggage` where there are some.
 */
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { describeError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { errorType } from './error-type.js';
import { redactText, redactValue } from './redact.js';

/** Runs `run` inside a span; a throw is recorded on it and passes on. Where nothing is recorded, `run` is all that happens. */
export function withSpan<T>(name: string, attributes: Attributes, run: (span: Span) => Promise<T>): Promise<T> {
  return inSpan(name, attributes, run) as Promise<T>;
}

/** As `withSpan`, for what mostly waits for nothing. */
export function inSpan<T>(name: string, attributes: Attributes, run: (span: Span) => MaybePromise<T>): MaybePromise<T> {
  const tracer = findTracer();
  if (tracer === undefined) return run(NO_SPAN);
  if (isDecidedOnce) {
    const above = trace.getActiveSpan();
    if (above !== undefined && (above.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return run(above);
  }
  return tracer.startActiveSpan(name, { attributes }, (span) => (span.isRecording() ? recordRun(span, run) : run(span)));
}

function recordRun<T>(span: Span, run: (span: Span) => MaybePromise<T>): MaybePromise<T> {
  const end = (result: T): T => {
    span.end();
    return result;
  };
  const fail = (error: unknown): never => {
    recordFailure(span, error);
    span.end();
    throw error;
  };
  let result: MaybePromise<T>;
  try {
    result = run(span);
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? result.then(end, fail) : end(result);
}

/**
 * Of this process: below a span that is left out all are. Hector's own sampler decides so; of a provider that the program has registered nobody
 * here can know.
 */
let isDecidedOnce = false;

export function decideOncePerTrace(isWanted: boolean): void {
  isDecidedOnce = isWanted;
}

/** `undefined`: no provider is registered. One may be at any time, and another one after it. */
function findTracer(): Tracer | undefined {
  const registered = trace.getTracerProvider();
  const provider = registered instanceof ProxyTracerProvider ? registered.getDelegate() : registered;
  if (provider !== found.provider) found = { provider, tracer: provider === NO_PROVIDER ? undefined : provider.getTracer('hector') };
  return found.tracer;
}

/** The span ends badly although nothing is thrown. */
export function recordFailure(span: Span, error: unknown): void {
  if (!span.isRecording()) return;
  const message = redactText(describeError(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttributes({ 'error.type': errorType(error), 'error.message': message });
}

/** Adds to the span that is running, if one is. */
export function annotateSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** `observability.tracing.capture_payloads`, of this process: what models and tools were told and said stands on their spans. */
let isCapturing = false;

export function capturePayloads(isWanted: boolean): void {
  isCapturing = isWanted;
}

/** Redacted and cut; nothing is made of it, nor read, unless payloads are captured and the span is. */
export function capturePayload(span: Span, name: string, read: () => unknown): void {
  if (!isCapturing || !span.isRecording()) return;
  const value = read();
  const text = typeof value === 'string' ? redactText(value) : JSON.stringify(redactValue(value));
  span.setAttribute(name, text.length <= MAX_PAYLOAD_LENGTH ? text : `${text.slice(0, MAX_PAYLOAD_LENGTH)}…`);
}

/** Runs `run` as a child of what a request's headers name; names in lower case. Who sent them is not known yet. */
export function withRemoteTrace<T>(headers: Readonly<Record<string, string | undefined>>, run: () => T): T {
  if (headers['traceparent'] === undefined && headers['baggage'] === undefined) return run();
  return context.with(extract(headers).setValue(OF_CALLER, true), run);
}

/** Whether what it stands below was named by a caller, and not by another process of ours. */
export function isOfCaller(active: Context): boolean {
  return active.getValue(OF_CALLER) === true;
}

/**
 * What is sent along with a request to somebody else, so that its spans stand below this one: `traceparent` and `tracestate`, none without
 * tracing. Never `baggage`: that is what a caller told us, such as whom it works for, and not for vendors and webhooks.
 */
export function traceHeaders(): Readonly<Record<string, string>> {
  const { baggage: _, ...headers } = inject();
  return headers;
}

function inject(): Readonly<Record<string, string>> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** Runs `run` as a child of what `currentTraceContext` gave; '' = a new trace. */
export function withTraceContext<T>(text: string, run: () => Promise<T>): Promise<T> {
  if (text === '' || isOfActiveSpan(text)) return run();
  const [traceparent = '', ...rest] = text.split('\n');
  const headers = Object.fromEntries(
    rest.map((line) => [line.slice(0, Math.max(0, line.indexOf('='))), line.slice(line.indexOf('=') + 1)]),
  );
  return context.with(extract({ ...headers, traceparent }), run);
}

/** Whoever goes on with what it stored itself is below that span already. */
function isOfActiveSpan(text: string): boolean {
  const span = trace.getActiveSpan()?.spanContext();
  return span !== undefined && text.startsWith(`-${span.traceId}-${span.spanId}-`, VERSION_LENGTH);
}

/** The current span as text, or ''; what does not fit into `MAX_STORED_LENGTH` beside the `traceparent` is left out. */
export function currentTraceContext(): string {
  const { traceparent = '', tracestate = '', baggage = '' } = inject();
  if (traceparent === '') return '';
  const lines = [tracestate === '' ? '' : `\ntracestate=${tracestate}`, baggage === '' ? '' : `\nbaggage=${baggage}`];
  return lines.reduce((text, line) => (text.length + line.length > MAX_STORED_LENGTH ? text : text + line), traceparent);
}

/** For the log: ids of the span that is running, if one is. */
export function currentTraceIds(): { readonly trace_id: string; readonly span_id: string } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined || span.traceId === NO_TRACE ? undefined : { trace_id: span.traceId, span_id: span.spanId };
}

function extract(headers: Readonly<Record<string, string | undefined>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
const NO_PROVIDER = new ProxyTracerProvider().getDelegate();
let found: { readonly provider: TracerProvider; readonly tracer: Tracer | undefined } = { provider: NO_PROVIDER, tracer: undefined };
const VERSION_LENGTH = 2;
const OF_CALLER = createContextKey('named by a caller');
const NO_TRACE = '0'.repeat(32);
const MAX_PAYLOAD_LENGTH = 16_384;
const MAX_STORED_LENGTH = 2_048;
