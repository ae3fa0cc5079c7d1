import t from 'tap';
import { ERRORS } from '../../src/base/errors.js';
import { type Files, readProjectFiles } from './project.js';

type Registry = Readonly<Record<string, { readonly message: string; readonly httpStatus: number }>>;

/** Failures of the whole server: they have a reason but no area. */
const WITHOUT_AREA = new Set(['INTERNAL', 'OVERLOADED']);

/** Codes that wait for their first use, with the issue that brings it. An entry whose code is used must go. */
const RESERVED: Readonly<Record<string, string>> = {};

function findRegistryProblems(registry: Registry): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  for (const [code, { message, httpStatus }] of Object.entries(registry)) {
    if (!WITHOUT_AREA.has(code) && !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code)) problems.push(`${code}: not AREA_REASON`);
    if (message.trim() === '') problems.push(`${code}: no message`);
    if (/[.!]$/.test(message)) problems.push(`${code}: the message ends with a full stop`);
    if (seen.has(message)) problems.push(`${code}: same message as ${seen.get(message)}`);
    if (!Number.isInteger(httpStatus) || httpStatus < 400 || httpStatus > 599) problems.push(`${code}: ${httpStatus} is no error status`);
    seen.set(message, code);
  }
  return problems;
}

function findUnused(codes: readonly string[], files: Files, reserved: Readonly<Record<string, string>>): string[] {
  const text = [...files.values()].join('\n');
  return codes.flatMap((code) => {
    const isUsed = text.includes(`'${code}'`);
    if (isUsed && code in reserved) return [`${code}: used now, take it off the reserved list`];
    return isUsed || code in reserved ? [] : [`${code}: never used`];
  });
}

t.test('every error code is AREA_REASON with a message of its own and an error status', async (t) => {
  t.same(findRegistryProblems(ERRORS), []);
});

const source = readProjectFiles(/^src\/(?!base\/errors\.ts).*\.ts$/);
const skip = source.has('src/compose.ts') ? false : 'the line is not composed yet: codes wait for their users';

t.test('every error code is used', { skip }, async (t) => {
  t.same(findUnused(Object.keys(ERRORS), source, RESERVED), []);
});

t.test('a broken registry is found', async (t) => {
  const entry = { message: 'Gone', httpStatus: 404 };
  t.same(findRegistryProblems({ TASK_GONE: entry }), []);
  t.match(findRegistryProblems({ GONE: entry }), [/not AREA_REASON/]);
  t.match(findRegistryProblems({ taskGone: entry }), [/not AREA_REASON/]);
  t.match(findRegistryProblems({ TASK_GONE: { ...entry, message: ' ' } }), [/no message/]);
  t.match(findRegistryProblems({ TASK_GONE: { ...entry, message: 'Gone.' } }), [/full stop/]);
  t.match(findRegistryProblems({ TASK_GONE: { ...entry, httpStatus: 200 } }), [/no error status/]);
  t.match(findRegistryProblems({ TASK_GONE: entry, TASK_LOST: entry }), [/same message as TASK_GONE/]);
});

t.test('an unused code is found, and a reserved one that is used', async (t) => {
  const files = new Map([['src/tasks/a.ts', "throw new AppError('TASK_GONE');"]]);
  t.same(findUnused(['TASK_GONE', 'TASK_LOST', 'TASK_LATE'], files, { TASK_LATE: '#9' }), ['TASK_LOST: never used']);
  t.match(findUnused(['TASK_GONE'], files, { TASK_GONE: '#9' }), [/take it off/]);
});
