/** So many tasks that only an index finds one: their rows alone, without logs. */
import type { TaskState } from '../../src/protocol/a2a.js';
import type { Database } from '../../src/storage/sql/database.js';
import { listKeyOf } from '../../src/storage/sql/run-log/list-key.js';
import { ROOT_TASK, sessionKeyOf, toTaskRow } from '../../src/storage/sql/run-log/rows.js';

export const OWNER = { agent: 'helper', owner: 'ada', tenant: '' } as const;

/** Of `OWNER`, or of somebody else; of each thousand one is at work, twenty have failed. Every tenth of them is in the context `c1`. Times are shuffled. */
export async function insertManyTasks(database: Database, count: number, owner: string = OWNER.owner): Promise<void> {
  for (let start = 0; start < count; start += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - start) }, (_, index) => start + index);
    await database.transact(function* () {
      for (const query of database.dialect.rows.insert(
        ROOT_TASK,
        numbers.map((number) => manyTasksRow(number, count, owner)),
      ))
        yield query;
    });
  }
}

function manyTasksRow(number: number, count: number, owner: string): readonly unknown[] {
  const whose = { ...OWNER, owner };
  const id = `${owner}-7000-8000-${String(number).padStart(12, '0')}`;
  const contextId = number % 10 === 0 ? 'c1' : `c-${number}`;
  const at = START + ((number * 7_919) % count) * 3;
  return toTaskRow({
    sessionKey: sessionKeyOf({ ...whose, contextId }),
    sessionId: id,
    lastCall: 0,
    listKey: listKeyOf(whose),
    statusAt: at,
    isTrimmed: false,
    record: {
      ...whose,
      id,
      contextId,
      state: stateOf(number),
      epoch: 1,
      step: 2,
      takes: 0,
      seq: 4,
      turn: 1,
      configVersion: 'v1',
      control: {},
      traceparent: '',
      worker: '',
      heldSince: undefined,
      expiresAt: undefined,
      createdAt: at,
      updatedAt: at,
    },
  });
}

function stateOf(number: number): TaskState {
  if (number % 1_000 === 5) return 'TASK_STATE_WORKING';
  return number % 50 === 0 ? 'TASK_STATE_FAILED' : 'TASK_STATE_COMPLETED';
}

const START = 1_700_000_000_000;
const BATCH = 5_000;
