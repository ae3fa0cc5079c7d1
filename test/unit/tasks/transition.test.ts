import t from 'tap';
import type { TaskState } from '../../../src/protocol/a2a.js';
import { type TaskCommand, transition } from '../../../src/tasks/transition.js';

const WAITING: readonly TaskState[] = ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED'];
const ENDED: readonly TaskState[] = ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED'];
const RUNNABLE: readonly TaskState[] = ['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING'];

t.test('no command changes a terminal task (R5)', async (t) => {
  const commands: readonly TaskCommand[] = [
    { type: 'continue' },
    { type: 'take' },
    { type: 'commit', state: 'TASK_STATE_WORKING' },
    { type: 'cancel' },
  ];
  for (const state of ENDED) for (const command of commands) t.same(transition(state, command), { type: 'refused', reason: 'terminal' });
});

t.test('a runnable task is taken and committed, and takes no message', async (t) => {
  for (const state of RUNNABLE) {
    t.same(transition(state, { type: 'take' }), { type: 'allowed', state: 'TASK_STATE_WORKING' });
    t.same(transition(state, { type: 'continue' }), { type: 'refused', reason: 'busy' });
    t.same(transition(state, { type: 'commit', state: 'TASK_STATE_SUBMITTED' }), { type: 'refused', reason: 'impossible' });
    for (const after of [...ENDED, ...WAITING, 'TASK_STATE_WORKING'] as const) {
      t.same(transition(state, { type: 'commit', state: after }), { type: 'allowed', state: after });
    }
  }
});

t.test('a waiting task goes on with a message only', async (t) => {
  for (const state of WAITING) {
    t.same(transition(state, { type: 'continue' }), { type: 'allowed', state: 'TASK_STATE_WORKING' });
    t.same(transition(state, { type: 'take' }), { type: 'refused', reason: 'waiting' });
    t.same(transition(state, { type: 'commit', state: 'TASK_STATE_WORKING' }), { type: 'refused', reason: 'waiting' });
  }
});

t.test('what has not ended can be canceled (R6)', async (t) => {
  for (const state of [...RUNNABLE, ...WAITING])
    t.same(transition(state, { type: 'cancel' }), { type: 'allowed', state: 'TASK_STATE_CANCELED' });
});
