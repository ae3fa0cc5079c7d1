/** What `src/observe/trace.ts` exports, without spans: its type is checked to be the same. */
import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import type * as Trace from '../../src/observe/trace.js';

const SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

export const withSpan: typeof Trace.withSpan = (_name, _attributes, run) => run(SPAN);
export const inSpan: typeof Trace.inSpan = (_name, _attributes, run) => run(SPAN);
export const recordFailure: typeof Trace.recordFailure = () => undefined;
export const annotateSpan: typeof Trace.annotateSpan = () => undefined;
export const capturePayloads: typeof Trace.capturePayloads = () => undefined;
export const capturePayload: typeof Trace.capturePayload = () => undefined;
export const isOfCaller: typeof Trace.isOfCaller = () => false;
export const withRemoteTrace: typeof Trace.withRemoteTrace = (_headers, run) => run();
export const traceHeaders: typeof Trace.traceHeaders = () => ({});
export const withTraceContext: typeof Trace.withTraceContext = (_text, run) => run();
export const currentTraceContext: typeof Trace.currentTraceContext = () => '';
export const currentTraceIds: typeof Trace.currentTraceIds = () => undefined;
export const decideOncePerTrace: typeof Trace.decideOncePerTrace = () => undefined;
