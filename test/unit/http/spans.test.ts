import t from 'tap';
import { startTestFront } from '../../support/front-rig.js';
import { recordSpans } from '../../support/record-spans.js';

t.test(
  "a request is a span named by its route pattern, inside the caller's trace, with the access check as its child (OBS-20)",
  async (t) => {
    const recorded = recordSpans(t);
    const front = await startTestFront(t, {});
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await fetch(`${front.url}/agents/secret-name`, {
      method: 'POST',
      body: Buffer.from('{}'),
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    await fetch(`${front.url}/no/such/path`);
    const [check, request, unknown] = recorded.finished();
    t.equal(request?.name, 'hector.http.request');
    t.same(request?.attributes, { 'http.method': 'POST', 'http.route': '/agents/{name}', 'http.status_code': 200 });
    t.equal(request?.spanContext().traceId, traceId);
    t.equal(check?.name, 'hector.access.check');
    t.equal(check?.parentSpanContext?.spanId, request?.spanContext().spanId);
    t.same(unknown?.attributes, { 'http.method': 'GET', 'http.route': '(none)', 'http.status_code': 404 });
  },
);
