import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import { actOnServer, type ServerAddress } from './act-on-server.js';
import { type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { RUN_STATUSES, TASK_VERBS, type TaskVerb } from './tasks-verbs.js';
import { TOKEN_OPTION } from './token.js';

/** CHK-08 */
export const tasksCommand: Command = {
  name: 'tasks',
  summary: 'See the runs that have not ended, resume, discard or decide them, and cancel their calls',
  usage: `${Object.keys(TASK_VERBS).join('|')} [<task id> [<call id>]]`,
  maxArguments: 3,
  options: {
    status: { type: 'string', value: '<status>', description: `list: ${RUN_STATUSES.join(', ')} (default all)`, choices: RUN_STATUSES },
    call: { type: 'string', value: '<id>', description: 'The call to decide (default: the one that is open)' },
    reason: { type: 'string', value: '<text>', description: 'approve, deny: why; the model reads why it was denied' },
    result: { type: 'string', value: '<text>', description: 'done: what came of the call' },
    url: { type: 'string', value: '<url>', description: 'A running server (default: one of its own, over the same storage)' },
    token: TOKEN_OPTION,
    json: { type: 'boolean', description: 'Print what the server answers; a list as one JSON object per line' },
  },
  examples: [
    'hector tasks list --status held',
    'hector tasks why 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c',
    'hector tasks approve 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c --call call_1',
    'hector tasks cancel-call 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c call_1',
    "hector tasks deny 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c --reason 'not on a Friday'",
  ],
  async run(input, context) {
    const { verb, taskId, callId } = readVerb(input);
    const act = (server: ServerAddress, signal: AbortSignal): Promise<void> =>
      verb.run({
        server,
        taskId,
        callId,
        signal,
        json: isFlagSet(input, 'json'),
        terminal: context.terminal,
        flag: (name) => findTextFlag(input, name),
      });
    return await actOnServer(input, context, act);
  },
};

function readVerb(input: CommandInput): { readonly verb: TaskVerb; readonly taskId: string; readonly callId: string } {
  const [name = '', taskId = '', callId = ''] = input.arguments;
  const verb = Object.hasOwn(TASK_VERBS, name) ? TASK_VERBS[name] : undefined;
  if (verb === undefined) {
    const near = findNearestName(name, Object.keys(TASK_VERBS));
    const wanted = near === undefined ? `tasks wants one of ${Object.keys(TASK_VERBS).join(', ')}` : `did you mean '${near}'?`;
    throw new AppError('CLI_USAGE', { message: name === '' ? wanted : `tasks knows no '${name}'; ${wanted}` });
  }
  if (verb.wantsTask && taskId.trim() === '')
    throw new AppError('CLI_USAGE', {
      message: `tasks ${name} wants the id of a task: hector tasks ${name} <task id>; hector tasks list shows them`,
    });
  if (!verb.wantsTask && taskId !== '')
    throw new AppError('CLI_USAGE', { message: `unexpected argument '${taskId}'; tasks ${name} takes none (see --help)` });
  if (verb.wantsCall === true && callId.trim() === '')
    throw new AppError('CLI_USAGE', {
      message: `tasks ${name} wants the id of a call: hector tasks ${name} ${taskId} <call id>; a task's tool_use parts show them`,
    });
  if (verb.wantsCall !== true && callId !== '')
    throw new AppError('CLI_USAGE', { message: `unexpected argument '${callId}'; tasks ${name} takes the id of a task (see --help)` });
  for (const flag of ['status', 'call', 'reason', 'result'])
    if (findTextFlag(input, flag) !== undefined && !verb.flags.includes(flag))
      throw new AppError('CLI_USAGE', { message: `--${flag} does not go with tasks ${name} (see --help)` });
  return { verb, taskId, callId };
}
