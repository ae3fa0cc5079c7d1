/** The runs that the examples in `src/studio/README.md` are about: same ids, same times, on every run. */
import { canonicalJson, sha256Hex } from '../../src/base/json.js';
import { sampleToolCall } from './sample-tool-call.js';
import type { StudioRig } from './studio-rig.js';

export async function acceptExamples(rig: StudioRig): Promise<void> {
  const accept = (end: string, contextId: string) =>
    rig.accept({
      newTaskId: `018bcfe5-6800-7000-8000-0000000000${end}`,
      messageId: `m-${end}`,
      configVersion: '5f1c7a90be34d286',
      key: { agent: 'assistant', owner: 'ada', contextId },
    });
  rig.configVersions.add('5f1c7a90be34d286');
  const held = await accept('01', 'ctx-1');
  await rig.hold(held.id);
  await rig.clock.advance(1_000);
  const waiting = await rig.take((await accept('02', 'ctx-2')).id, 'worker-7');
  const argumentsHash = sha256Hex(canonicalJson({ amount: 120, to: 'ACME' }));
  const prompt = 'Pay 120 to ACME?';
  const shown = { tool_call_id: 'call_9', tool_name: 'pay', arguments: { amount: 120, to: 'ACME' }, arguments_hash: argumentsHash, prompt };
  const looked = { content: 'ACME: 120 due', isError: false };
  await rig.ask(
    waiting,
    [{ type: 'tool_approval_request', ...shown }],
    [
      sampleToolCall({ callId: 'call_8', tool: 'ledger', effect: 'idempotent', status: 'done', result: looked }),
      sampleToolCall({ callId: 'call_9', tool: 'pay', argumentsHash, status: 'awaiting' }),
    ],
  );
  await rig.clock.advance(1_000);
  await accept('03', 'ctx-3');
  await rig.clock.advance(4_200);
  rig.redis.job = { type: 'waiting', before: 12 };
  rig.redis.workers = 3;
}
