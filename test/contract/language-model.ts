/** What every language model must do (LLM-06, LLM-07, API-58). Each adapter's runner says how to bring about a situation. */
import t from 'tap';
import { AppError, type ErrorCode } from '../../src/base/errors.js';
import type { LanguageModel, ModelEvent, ModelRequest } from '../../src/providers/llms/contract.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';

/** What a harness needs of a test. */
export interface HarnessTest {
  teardown(run: () => unknown): void;
}

export interface Situation {
  readonly model: LanguageModel;
  readonly request: ModelRequest;
}

export interface LanguageModelHarness {
  /** Answers with several pieces of text that join to `expected`. */
  text(t: HarnessTest): Promise<Situation & { readonly expected: string }>;
  /** Calls one tool; asked again with the result, it answers with a text that contains `expected`. */
  toolRoundTrip(
    t: HarnessTest,
  ): Promise<
    Situation & { readonly call: { readonly name: string; readonly arguments: object }; readonly result: string; readonly expected: string }
  >;
  /** Says something and then is silent for long. `stopped`: the provider saw the request end. */
  slow(t: HarnessTest): Promise<Situation & { readonly stopped?: Promise<unknown> }>;
  /** Situations that fail, or why the model knows none. */
  readonly failures: readonly FailingSituation[] | { readonly skip: string };
}

export interface FailingSituation {
  readonly name: string;
  readonly code: ErrorCode;
  /** What the message must name. */
  readonly names: RegExp;
  readonly create: (t: HarnessTest) => Promise<Situation>;
}

export function testLanguageModel(name: string, harness: LanguageModelHarness): void {
  t.test(`${name}: text arrives in pieces, in order, and ends with one finish that counts tokens (LLM-06, LLM-07)`, async (t) => {
    const { model, request, expected } = await harness.text(t);
    const events = await collect(model, request);
    const pieces = events.filter((event) => event.type === 'text').map((event) => event.text);
    t.ok(pieces.length > 1, 'more than one piece');
    t.equal(pieces.join(''), expected);
    t.equal(events.filter((event) => event.type === 'finish').length, 1);
    const finish = events.at(-1);
    t.equal(finish?.type === 'finish' && finish.reason, 'stop');
    const usage = finish?.type === 'finish' ? finish.usage : undefined;
    t.ok((usage?.inputTokens ?? 0) > 0, 'input tokens');
    t.ok((usage?.outputTokens ?? 0) > 0, 'output tokens');
  });

  t.test(`${name}: a tool call and its result lead to an answer (LLM-07)`, async (t) => {
    const { model, request, call, result, expected } = await harness.toolRoundTrip(t);
    const first = await collect(model, request);
    const calls = first.filter((event) => event.type === 'tool_call');
    t.equal(calls.length, 1);
    const made = calls[0] as Extract<ModelEvent, { type: 'tool_call' }>;
    t.equal(made.name, call.name);
    t.same(made.arguments, call.arguments);
    t.equal(first.at(-1)?.type === 'finish' && (first.at(-1) as { reason: string }).reason, 'tool_calls');

    const messages: readonly SessionMessage[] = [
      ...request.messages,
      {
        id: 'a1',
        role: 'agent',
        author: 'helper',
        createdAt: 2,
        parts: [{ type: 'tool_call', id: made.id, name: made.name, arguments: made.arguments }],
      },
      {
        id: 't1',
        role: 'tool',
        author: 'helper',
        createdAt: 3,
        parts: [{ type: 'tool_result', callId: made.id, name: made.name, content: result, isError: false }],
      },
    ];
    const second = await collect(model, { ...request, messages });
    t.match(joinText(second), expected);
    t.notOk(second.some((event) => event.type === 'tool_call'));
  });

  t.test(`${name}: an abort in mid-answer ends the call and the request within a second (API-58)`, async (t) => {
    const { model, request, stopped } = await harness.slow(t);
    const abort = new AbortController();
    const reason = new AppError('TASK_CANCELED');
    let abortedAt = 0;
    await t.rejects(
      (async () => {
        for await (const event of model.generate(request, abort.signal)) {
          if (event.type !== 'text') continue;
          abortedAt = performance.now();
          setImmediate(() => abort.abort(reason));
        }
      })(),
      { code: 'TASK_CANCELED' },
    );
    await stopped;
    t.ok(performance.now() - abortedAt < 1_000, `took ${Math.round(performance.now() - abortedAt)} ms`);
  });

  t.test(`${name}: a signal that is aborted already asks nobody`, async (t) => {
    const { model, request } = await harness.text(t);
    await t.rejects(collect(model, request, AbortSignal.abort(new AppError('TASK_LOST'))), { code: 'TASK_LOST' });
    // The scripted reply is still there to be used.
    await collect(model, request);
  });

  if ('skip' in harness.failures) {
    t.test(`${name}: failures`, { skip: harness.failures.skip }, async () => {});
    return;
  }
  for (const failure of harness.failures) {
    t.test(`${name}: ${failure.name} is ${failure.code} and names what to change`, async (t) => {
      const { model, request } = await failure.create(t);
      await t.rejects(collect(model, request), { code: failure.code, message: failure.names });
    });
  }
}

export async function collect(
  model: LanguageModel,
  request: ModelRequest,
  signal = new AbortController().signal,
): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.generate(request, signal)) events.push(event);
  return events;
}

export function joinText(events: readonly ModelEvent[]): string {
  return events
    .filter((event) => event.type === 'text')
    .map((event) => event.text)
    .join('');
}

export function userMessage(text: string, id = 'u1'): SessionMessage {
  return { id, role: 'user', author: 'user', createdAt: 1, parts: [{ type: 'text', text }] };
}
