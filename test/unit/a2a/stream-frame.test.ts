import t from 'tap';
import { RELIABLE_STREAM } from '../../../src/a2a/extensions.js';
import { createFrameEncoder, type StreamFrame } from '../../../src/a2a/stream-frame.js';

t.test('a wire form is made once for all who get the same, and never given to who stands elsewhere (T6, R10)', async (t) => {
  let made = 0;
  const encode = createFrameEncoder((response) => {
    made += 1;
    return JSON.stringify(response);
  });
  const item = {};
  const frame = (order: number, variant: 'whole' | 'rest' = 'whole'): StreamFrame => ({
    cursor: { seq: 3, order },
    epoch: 1,
    response: { statusUpdate: { taskId: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } },
    shared: { item, variant },
  });
  const cursorIn = (text: string) => JSON.parse(text).statusUpdate.metadata?.[RELIABLE_STREAM].cursor;
  t.equal(encode(frame(0), true), encode(frame(0), true));
  t.equal(made, 1);
  t.equal(cursorIn(encode(frame(0), true)), '3');
  t.equal(cursorIn(encode(frame(1), true)), '3.1', 'after a half-covered commit the cursors of two subscribers differ');
  t.equal(cursorIn(encode(frame(0), false)), undefined);
  t.equal(encode(frame(1), false), encode(frame(0), false), 'without cursors there is nothing to differ');
  t.equal(made, 3);
  encode(frame(0, 'rest'), false);
  t.equal(made, 4);
});
