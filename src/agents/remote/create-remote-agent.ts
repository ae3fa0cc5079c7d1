/** `type: remote`: an agent of another A2A server does the work (AGT-40…44). */

import { hasCode } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { Agent, StepContext, StepOutcome, StepState } from '../agent.js';
import { markOf } from '../child-questions.js';
import { createAgent } from '../create-agent.js';
import { type RemoteControl, readControl, type Sending, writeControl } from './control.js';
import { toMessage, toSessionMessages } from './end-of-call.js';
import { decideMessage, fateOf, messageIdentity, recordIntent } from './message-effect.js';
import { toOutgoingMessage } from './outgoing-message.js';
import { contextKey, type RemoteAgentOptions, RemoteCall } from './remote-call.js';

export function createRemoteAgent(options: RemoteAgentOptions): Agent {
  // A call lives as long as its worker's turn with the run: another turn re-attaches to the remote task.
  const calls = new WeakMap<AbortSignal, RemoteCall>();
  return createAgent({ name: options.name, type: 'remote' }, async (state, context) => {
    const control = readControl(state.task.control);
    const { sending } = control;
    if (sending === undefined) return planMessage(state, control, options);
    let call = calls.get(context.turn);
    if (call?.messageId !== sending.messageId) {
      const begun = await beginCall(sending, state, context, control, options);
      if (!(begun instanceof RemoteCall)) return begun;
      call = begun;
      calls.set(context.turn, call);
    }
    try {
      return await call.runStep(state, context, control);
    } catch (error) {
      if (context.signal.aborted || !hasCode(error, 'REMOTE_UNAVAILABLE') || options.settings.effect !== 'once') throw error;
      // The intent stands without a result: nobody knows whether the message arrived.
      calls.delete(context.turn);
      const asked = await beginCall(sending, state, context, control, options);
      if (asked instanceof RemoteCall) throw error;
      return asked;
    }
  });
}

/** Committed before the message is sent: every attempt has the same id, and sends the same. */
function planMessage({ history, sessionState }: StepState, control: RemoteControl, { name, clock }: RemoteAgentOptions): StepOutcome {
  const kept = sessionState?.[contextKey(name)];
  const contextId = control.contextId ?? (typeof kept === 'string' ? kept : undefined);
  const upTo = markOf(history.at(-1));
  const sending: Sending = { messageId: newId(clock.now()), upTo };
  return { type: 'continue', durable: true, control: writeControl({ ...control, contextId, sending }), messages: [], events: [] };
}

async function beginCall(
  sending: Sending,
  state: StepState,
  context: StepContext,
  control: RemoteControl,
  options: RemoteAgentOptions,
): Promise<RemoteCall | StepOutcome> {
  const { name, settings, clock } = options;
  const identity = messageIdentity(name, sending.messageId, settings.effect);
  const find = async () => (await context.ledger.find([identity.callId])).get(identity.callId);
  let row = await find();
  let fate = fateOf(row, settings.effect === 'once');
  if (fate.type === 'ask') {
    const waits = await decideMessage(fate.row, control, state, context, options);
    if (waits !== undefined) return waits;
    row = await find();
    fate = fateOf(row, settings.effect === 'once');
  }
  const { task, history } = state;
  const now = clock.now();
  switch (fate.type) {
    case 'taken':
      return await RemoteCall.begin({ message: undefined, identity, taskId: fate.by.taskId }, control, context, options);
    case 'done': {
      const parts = fate.answer === '' ? [] : [{ text: fate.answer }];
      const result = { control: task.control, messages: toSessionMessages(parts, name, now) };
      if (parts.length === 0) return { type: 'finished', ...result, events: [] };
      const artifact = { artifactId: 'response', name: 'response', parts };
      return { type: 'finished', ...result, events: [{ type: 'artifact.updated', artifact, append: false, lastChunk: true }] };
    }
    case 'ask':
    case 'given-up': {
      const statusMessage = toMessage([{ text: GIVEN_UP }], task, now);
      return { type: 'failed', control: task.control, messages: [], events: [], statusMessage };
    }
    case 'send': {
      const message = toOutgoingMessage(history, {
        ...{
          agent: name,
          messageId: sending.messageId,
          upTo: sending.upTo,
          ownTaskIds: [task.id, ...(task.child === undefined ? [] : [task.child.rootId])],
        },
        ...{ taskId: control.taskId, contextId: control.contextId },
      });
      await recordIntent(identity, row, context, clock);
      return await RemoteCall.begin({ message, identity, taskId: control.taskId }, control, context, options);
    }
  }
}

const GIVEN_UP = 'It is not known whether the remote agent got the message; a person decided to go on without repeating it';
