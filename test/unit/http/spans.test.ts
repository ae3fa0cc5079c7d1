import t from 'tap';
import { waitFor } from '../../support/coordination-steps.js';
import { startTestFront } from '../../support/front-rig.js';
import { recordSpans } from '../../support/record-spans.js';

t.test("a request is a span named by its route pattern, inside the caller's trace (OBS-20)", async (t) => {
  const recorded = recordSpans(t);
  const front = await startTestFront(t, {});
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await fetch(`${front.url}/agents/secret-name`, {
    method: 'POST',
    body: Buffer.from('{}'),
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  await fetch(`${front.url}/no/such/path`);
  // A span ends with its answer, which the client may have before.
  await waitFor(async () => recorded.finished().length === 2, 5_000);
  const find = (route: string) => recorded.finished().find((span) => span.attributes['http.route'] === route);
  const request = find('/agents/{name}');
  const unknown = find('(none)');
  t.same(request?.attributes, { 'http.method': 'POST', 'http.route': '/agents/{name}', 'http.status_code': 200 });
  t.equal(request?.name, 'hector.http.request');
  t.equal(request?.spanContext().traceId, traceId);
  t.same(unknown?.attributes, { 'http.method': 'GET', 'http.route': '(none)', 'http.status_code': 404 });
});
