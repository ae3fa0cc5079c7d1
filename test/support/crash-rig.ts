/**
 * One process's worth of the step protocol for the crash matrix: the production run log, steps and LLM agent over a real
 * database, around a model and a tool that call the effect server. Leases, queue and feed are in-process: every worker
 * believes that it may try, so that only the run log keeps two of them apart (R3).
 */
import type { Agent } from '../../src/agents/agent.js';
import { systemClock } from '../../src/base/clock.js';
import { hasCode } from '../../src/base/errors.js';
import { faultPoint } from '../../src/base/fault-points.js';
import { silentLogger } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import type { Message } from '../../src/protocol/a2a.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { OwnRuns, type OwnRunsOptions } from '../../src/steps/own-runs.js';
import { runTask } from '../../src/steps/run-task.js';
import { RunningTasks } from '../../src/steps/running-tasks.js';
import type { Database } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import { createCancelTask } from '../../src/tasks/cancel-task.js';
import type { LeaseManager } from '../../src/tasks/coordination.js';
import { textOf } from '../../src/tasks/session-message.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { ToolEffect } from '../../src/tasks/tool-call.js';
import { BRANCH_AGENTS, createBrancher, quickAgent } from './crash-brancher.js';
import { callOutside } from './effect-server.js';
import { createTestAgent } from './llm-agent.js';
import { storageSettings } from './test-settings.js';

/** How the scenario's processes are configured. */
export interface CrashSetting {
  readonly effect: ToolEffect;
  readonly requiresApproval?: boolean;
  /** `storage.checkpoint.recovery.auto_resume: false`: a run whose worker died waits for somebody. */
  readonly holds?: boolean;
  /** The agent branches: one of its children is the agent with the tool. */
  readonly branches?: boolean;
}

export interface CrashWorkerOptions extends CrashSetting {
  readonly database: Database;
  /** Of the effect server. */
  readonly outsideUrl: string;
  readonly name: string;
}

/** What a process is asked to do, and may die of. */
export type CrashAct =
  | { readonly type: 'run'; readonly taskId: string }
  /** A run whose worker is told to end while the model answers. */
  | { readonly type: 'abort'; readonly taskId: string }
  | { readonly type: 'accept'; readonly message: Message }
  /** Accepted by the process that begins the run. */
  | { readonly type: 'begin'; readonly message: Message }
  | { readonly type: 'cancel'; readonly taskId: string }
  | { readonly type: 'resume'; readonly taskId: string }
  | { readonly type: 'expire'; readonly taskId: string };

export const OWNER = 'ada';

export type CrashWorker = ReturnType<typeof createCrashWorker>;

export function createCrashWorker(options: CrashWorkerOptions) {
  const store = new SqlTaskStore(options.database);
  const running = new RunningTasks();
  let isEnding = false;
  const agent = createAgent(options, () => {
    if (isEnding) running.abortAll();
  });
  const queue = {
    // What a queue in Redis would hold is lost with the process; who takes over looks into the run log.
    enqueue: async () => void (await faultPoint('enqueue.before')),
    assertCapacity: async () => {},
    waiting: async () => 0,
    isShortFor: () => true,
  };
  const publisher = { publishEvents: async () => {}, publishDelta: async () => {} };
  const dependencies: OwnRunsOptions['dependencies'] = {
    store,
    leases: ALWAYS_GRANTED,
    publisher,
    queue,
    running,
    getAgent: async (_, name) => {
      if (options.branches !== true || name === BRANCH_AGENTS.acts) return agent;
      return name === BRANCH_AGENTS.isQuick ? quickAgent : createBrancher(name);
    },
    clock: systemClock,
    log: silentLogger,
    metrics: createMetrics(),
    worker: options.name,
    timeSliceMs: 60_000,
    checkpoint: { ...storageSettings().checkpoint, enabled: options.holds === true },
  };
  const signals = { announce: async () => {}, listen: async () => ({ close: () => {} }) };
  const shared = { store, queue, publisher, signals, clock: systemClock };
  const acceptMessage = createAcceptMessage(shared);
  const cancelTask = createCancelTask(shared);
  const never = new AbortController().signal;
  const ownRuns = new OwnRuns({
    concurrency: 8,
    jobs: () => 0,
    draining: never,
    leaveToQueue: () => {},
    onProgress: () => {},
    dependencies,
  });
  const beginMessage = createAcceptMessage({ ...shared, starter: ownRuns });
  const requestFor = (message: Message) => ({ agent: agent.name, owner: OWNER, tenant: '', configVersion: '0', message });
  return {
    store,
    accept: (message: Message): Promise<TaskRecord> => acceptMessage(requestFor(message)),
    run: (taskId: string) => runTask(taskId, never, dependencies),
    async act(act: CrashAct): Promise<void> {
      const now = systemClock.now();
      switch (act.type) {
        case 'run':
          await runTask(act.taskId, never, dependencies);
          return;
        case 'abort':
          isEnding = true;
          await runTask(act.taskId, never, dependencies).catch((error: unknown) => {
            if (!hasCode(error, 'STEP_ABORTED')) throw error;
          });
          return;
        case 'accept':
          await this.accept(act.message);
          return;
        case 'begin':
          await beginMessage(requestFor(act.message));
          await ownRuns.whenEnded();
          return;
        case 'cancel':
          await cancelTask(act.taskId, OWNER);
          return;
        case 'resume':
          await store.resume(act.taskId, OWNER, now);
          return;
        case 'expire':
          await store.expire(act.taskId, 'Nobody answered in time', now + 7_200_000);
          return;
      }
    },
  };
}

/** Every worker believes that it may try. */
export const ALWAYS_GRANTED: LeaseManager = {
  acquire: async (taskId) => ({ type: 'acquired', lease: { taskId, lost: new AbortController().signal, release: async () => {} } }),
  held: async () => new Set(),
  close: async () => {},
};

/** Asks for the tool once, then answers. The text of the user's first message names the run towards the effect server. */
function createAgent({ outsideUrl, effect, requiresApproval = false }: CrashWorkerOptions, onModelCall: () => void): Agent {
  const model: LanguageModel = {
    provider: 'scripted',
    model: 'scripted',
    async *generate({ messages }, signal) {
      const run = messages[0] === undefined ? '' : textOf(messages[0]);
      await callOutside(outsideUrl, 'model', run);
      onModelCall();
      signal.throwIfAborted();
      if (messages.some(({ role }) => role === 'tool')) {
        yield { type: 'text', text: 'It is done.' };
        yield { type: 'finish', reason: 'stop' };
      } else {
        yield { type: 'tool_call', id: 'call-1', name: 'act', arguments: { run } };
        yield { type: 'finish', reason: 'tool_calls' };
      }
    },
  };
  const act: Tool = {
    name: 'act',
    description: 'Does something to the world',
    parameters: { type: 'object', properties: { run: { type: 'string' } }, required: ['run'] },
    effect,
    requiresApproval,
    async execute(args, { idempotencyKey }) {
      await callOutside(outsideUrl, 'tool', String(args['run']), idempotencyKey);
      return { content: 'acted' };
    },
  };
  return createTestAgent(model, { tools: [act], approvalExpiresAfterMs: 3_600_000 });
}
