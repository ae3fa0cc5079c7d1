import t from 'tap';
import { findNearestName } from '../../../src/config/nearest-name.js';

t.test('the nearest name is found for slips, other spellings and beginnings', async (t) => {
  const names = ['instruction', 'max_body_bytes', 'username', 'include_context', 'llm'];
  t.equal(findNearestName('instrucion', names), 'instruction');
  t.equal(findNearestName('insturction', names), 'instruction');
  t.equal(findNearestName('maxBodyBytes', names), 'max_body_bytes');
  t.equal(findNearestName('user', ['username', 'password']), 'username');
  t.equal(findNearestName('include', names), 'include_context');
  t.equal(findNearestName('llms', names), 'llm');
});

t.test('nothing is suggested for what is not near', async (t) => {
  t.equal(findNearestName('guardrails', ['version', 'name', 'agents']), undefined);
  t.equal(findNearestName('x', []), undefined);
  t.equal(findNearestName('x'.repeat(100_000), ['name']), undefined);
});
