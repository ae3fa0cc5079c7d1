import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { JsonObject } from '../../../src/base/json.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const FOLDER = t.testdir({});

const load = (tools: JsonObject) => loadSettings({ workingDirectory: FOLDER, environment: { HOME: FOLDER }, overrides: { tools } });

function problemsOf(tools: JsonObject): readonly string[] {
  try {
    load(tools);
    return [];
  } catch (error) {
    return error instanceof AppError ? error.problems.map(({ field, description }) => `${field}: ${description}`) : [String(error)];
  }
}

t.test('a tool without type is a function when it has a handler; a function needs one (CFG-50)', async (t) => {
  t.equal(load({ a: { handler: 'own' } }).tools['a']?.type, 'function');
  t.match(problemsOf({ a: {} }), [/^tools\.a\.type: missing, and it cannot be told; wanted one of function, command/]);
  t.match(problemsOf({ a: { type: 'function' } }), [/^tools\.a\.handler: missing; 'type: function' needs/]);
});

t.test('a key of another kind, and a limit that the handler does not read, are problems (CFG-50)', async (t) => {
  t.match(problemsOf({ a: { handler: 'own', allowed_commands: ['ls'] }, b: { type: 'command', handler: 'x' } }), [
    /^tools\.a\.allowed_commands: only tools of 'type: command' have it, and this one is of 'type: function'/,
    /^tools\.b\.handler: only tools of 'type: function' have it/,
  ]);
  t.match(problemsOf({ a: { handler: 'read_file', max_write_bytes: 5 }, b: { handler: 'own', max_files: 5 } }), [
    /^tools\.a\.max_write_bytes: the handler 'read_file' does not read it; it has working_directory, max_read_bytes|did you mean/,
    /^tools\.b\.max_files: the handler 'own' does not read it; it has no limits of its own/,
  ]);
});

t.test('limits of tools are keys with defaults (W-36)', async (t) => {
  const { tools, builtInTools } = load({
    editor: { handler: 'text_editor', max_read_bytes: 5, denied_extensions: ['exe'] },
    shell: { type: 'command', working_directory: 'sub', max_execution_time: '1m30s' },
  });
  t.match(tools['editor'], {
    maxReadBytes: 5,
    maxWriteBytes: 1_048_576,
    maxReplacements: 100,
    deniedExtensions: ['exe'],
    allowedExtensions: [],
  });
  t.match(tools['shell'], {
    workingDirectory: `${FOLDER}/sub`,
    maxExecutionTimeMs: 90_000,
    allowedCommands: [],
    deniedCommands: [],
    denyByDefault: false,
    maxOutputBytes: 262_144,
  });
  t.match(builtInTools, {
    read_file: { maxReadBytes: 10_485_760 },
    grep_search: { maxResults: 1000, maxFileBytes: 10_485_760 },
    bash: { type: 'command', maxExecutionTimeMs: 30_000 },
  });
});
