/** The worker of a process with the role `agent`: what the settings say for it, and cancels that reach what it runs. */
import type { Closers } from '../base/closers.js';
import { newId } from '../base/ids.js';
import type { Settings } from '../config/settings.js';
import type { CallSignals, CancelSignals, ProgressMarks } from '../tasks/coordination.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import type { RunningTasks } from './running-tasks.js';
import { StepWorker, type StepWorkerOptions } from './step-worker.js';
import type { WorkerConnections } from './worker-connections.js';

type Ports = Pick<RunTaskDependencies, 'store' | 'leases' | 'publisher' | 'getAgent' | 'clock' | 'log' | 'metrics' | 'limits'>;

export interface StartStepWorkerOptions extends Ports, WorkerConnections {
  readonly settings: Pick<Settings, 'queue' | 'redis' | 'storage' | 'server'>;
  readonly running: RunningTasks;
  readonly queue: StepWorkerOptions['dependencies']['queue'] & { nextWaitingMs(): Promise<number> };
  readonly signals: Pick<CancelSignals, 'listen'>;
  readonly callSignals: Pick<CallSignals, 'listen'>;
  readonly progress: Pick<ProgressMarks, 'mark'>;
  /** How long its close may take. */
  readonly drainMs: number;
  readonly closers: Closers;
}

/** Resolves when jobs can be taken. */
export async function startStepWorker(options: StartStepWorkerOptions): Promise<StepWorker> {
  const { settings, running, queue, signals, callSignals, progress, connect, disconnect, drainMs, closers } = options;
  const { store, leases, publisher, getAgent, clock, log, metrics, limits } = options;
  const listening = await signals.listen((taskId) => running.cancel(taskId));
  closers.add(() => listening.close());
  const listeningForCalls = await callSignals.listen((call) => running.cancelCall(call));
  closers.add(() => listeningForCalls.close());
  const worker = new StepWorker({
    connect,
    disconnect,
    prefix: settings.redis.keyPrefix,
    concurrency: settings.queue.concurrency,
    stallAfterMs: settings.queue.stallAfterMs,
    nextWaitingMs: () => queue.nextWaitingMs(),
    progress,
    dependencies: {
      ...{ store, leases, publisher, queue, running, getAgent, clock, log, metrics },
      ...(limits === undefined ? {} : { limits }),
      worker: newId(),
      timeSliceMs: settings.queue.timeSliceMs,
      checkpoint: settings.storage.checkpoint,
      maxEventBytes: settings.server.limits.maxEventBytes,
      maxHistoryMessages: settings.server.limits.maxHistoryMessages,
    },
  });
  closers.add(() => worker.close(drainMs));
  await worker.ready();
  return worker;
}
