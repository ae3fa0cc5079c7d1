import t from 'tap';
import { collectArtifacts, findSessionArtifact } from '../../../src/memory/artifacts/session-artifacts.js';
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

t.test('an instruction gets the text of the newest version in its session, or nothing (SES-07, AGT-65)', async (t) => {
  const events = [
    event('t1', 2, { artifactId: 'a', name: 'plan', parts: [{ text: 'old' }] }),
    event('t2', 2, { artifactId: 'a', name: 'plan', parts: [{ text: 'x' }, { data: 1 }, { text: 'y' }] }),
  ];
  const store = { readArtifactsOf: async (taskId: string) => (taskId === 't3' ? events : []) };
  t.equal(await findSessionArtifact(store, 't3', 'plan'), 'xy');
  t.equal(await findSessionArtifact(store, 't3', 'other'), undefined);
  t.equal(await findSessionArtifact(store, 't4', 'plan'), undefined);
});
