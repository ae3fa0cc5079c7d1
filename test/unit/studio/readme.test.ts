import { readFileSync } from 'node:fs';
import t from 'tap';
import { errorResponse } from '../../../src/http/error-response.js';
import { acceptExamples } from '../../support/studio-examples.js';
import { createStudioRig, type StudioRig } from '../../support/studio-rig.js';

interface Example {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** A request in an `http` block, and right behind it the answer in a `json <status>` block. */
function readExamples(): Example[] {
  const text = readFileSync('src/studio/README.md', 'utf8');
  const blocks = [...text.matchAll(/^```http\n(\S+) (\S+)\n(?:\n([\s\S]*?))?```\n+```json (\d+)\n([\s\S]*?)```$/gm)];
  return blocks.map(([, method = '', path = '', body, status, answer = '']) => ({
    ...{ method, path, status: Number(status), answer: JSON.parse(answer) as unknown },
    body: body === undefined ? undefined : (JSON.parse(body) as unknown),
  }));
}

async function run(rig: StudioRig, { method, path, body }: Example): Promise<{ readonly status: number; readonly answer: unknown }> {
  try {
    const response = await rig.call(method, path, { body });
    return { status: response.status, answer: response.body };
  } catch (error) {
    const response = errorResponse(error);
    return { status: response.status, answer: JSON.parse(String(response.body)) as unknown };
  }
}

t.test('every example in the README is answered as the README says, in its order', async (t) => {
  const rig = createStudioRig();
  await acceptExamples(rig);
  const examples = readExamples();
  const fences = readFileSync('src/studio/README.md', 'utf8').match(/^```http$/gm) ?? [];
  t.equal(examples.length, fences.length, 'no request without its answer');
  for (const example of examples) {
    const { status, answer } = await run(rig, example);
    // The schema has a file and a gate of its own.
    const shownAnswer = example.path === '/api/schema' ? { title: (answer as { title?: string }).title } : answer;
    t.same({ status, answer: shownAnswer }, { status: example.status, answer: example.answer }, `${example.method} ${example.path}`);
  }
  const shown = new Set(
    examples.map(
      ({ method, path }) =>
        `${method} ${path.split('?')[0]?.replaceAll(/[0-9a-f-]{36}|[ab]{32}|call_\d|(?<=(?:artifacts|document_stores)\/)\w+|(?<=documents\/)[\w.]+/g, '*')}`,
    ),
  );
  for (const { method, pattern } of rig.routes)
    t.ok(shown.has(`${method} ${pattern.replaceAll(/\{\w+\}/g, '*')}`), `${method} ${pattern} has an example`);
});
