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

t.test('a slip in a long name goes before a shorter name that it begins with', async (t) => {
  const names = ['include_context', 'include_context_limit', 'include_context_max_length'];
  t.equal(findNearestName('include_context_limt', names), 'include_context_limit');
  t.equal(findNearestName('include_context_max_lenght', names), 'include_context_max_length');
  t.equal(findNearestName('include_contxt', names), 'include_context');
});

t.test('nothing is suggested for what is not near', async (t) => {
  t.equal(findNearestName('guardrails', ['version', 'name', 'agents']), undefined);
  t.equal(findNearestName('x', []), undefined);
  t.equal(findNearestName('x'.repeat(100_000), ['name']), undefined);
});
