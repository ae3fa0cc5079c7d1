import t from 'tap';
import { collectArtifacts, createArtifactLoader } from '../../../src/memory/artifacts/session-artifacts.js';
import type { Part } from '../../../src/protocol/a2a.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';

function event(taskId: string, seq: number, artifact: { artifactId: string; name?: string; parts: Part[] }, append = false): TaskEvent {
  return { type: 'artifact.updated', artifact, append, lastChunk: true, taskId, contextId: 'c', seq, epoch: 1, at: seq };
}

t.test('parts go to the artifact of their own run, also when another one wrote meanwhile (SES-07)', async (t) => {
  const artifacts = collectArtifacts([
    event('t1', 2, { artifactId: 'a', name: 'plan', parts: [{ text: 'one' }] }),
    event('t1', 3, { artifactId: 'b', name: 'plan', parts: [{ text: 'other' }] }),
    event('t1', 4, { artifactId: 'a', parts: [{ text: ' more' }] }, true),
    event('t2', 2, { artifactId: 'a', parts: [{ text: 'begun by an event that retention took' }] }, true),
  ]);
  t.match(artifacts.list(), [
    { name: 'a', version: 1, taskId: 't2' },
    { name: 'plan', version: 2, artifactId: 'b' },
  ]);
  t.match(artifacts.find('plan', 1)?.parts, [{ text: 'one' }, { text: ' more' }]);
});

t.test('an instruction gets the text of the newest version, or nothing; the log is read once (SES-07)', async (t) => {
  let reads = 0;
  const events = [event('t1', 2, { artifactId: 'a', name: 'plan', parts: [{ text: 'x' }, { data: 1 }, { text: 'y' }] })];
  const readArtifacts = async () => {
    reads += 1;
    return events;
  };
  const load = createArtifactLoader({ readArtifacts }, { id: 't1' });
  t.same([await load('plan'), await load('plan', 1), await load('plan', 2), await load('other')], ['xy', 'xy', undefined, undefined]);
  t.equal(reads, 1);
});
