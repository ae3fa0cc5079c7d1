import { spawn } from 'node:child_process';
import { closeSync, openSync, readlinkSync, writeSync } from 'node:fs';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import {
  type EmbeddedFiles,
  findServerPid,
  readLogTail,
  readSocketPath,
  socketFolderToRemove,
  writeServerFiles,
} from './embedded-files.js';
import { drainFifo, hasWriter } from './life-fifo.js';
import { pingSocket } from './ping-socket.js';
import { findRedisBinary } from './redis-binary.js';

export interface RaiseServerOptions {
  readonly files: EmbeddedFiles;
  /** The caller's write end of `members`; it must not be the last member to vanish while this runs. */
  readonly membersDescriptor: number;
  readonly binary: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Brings folder, guardian and server from whatever state they are in to a server that answers; gives its socket.
 * Only while holding the folder's lock (E1).
 */
export async function raiseServer(options: RaiseServerOptions): Promise<string> {
  const { files, clock, signal } = options;
  let deadlineMs = clock.monotonic() + ANSWER_TIMEOUT_MS;
  let nextRequestMs = 0;
  let isStarted = false;
  for (;;) {
    // In this order: while a guardian lives, a missing server has ended, not yet to start (see the script).
    const hasGuardian = hasWriter(files.guardian);
    const hasServer = hasWriter(files.server);
    const mayRequest = clock.monotonic() >= nextRequestMs;
    let isRequested = false;
    if (hasGuardian && hasServer) {
      const answer = await pingSocket(readSocketPath(files), clock);
      if (answer === 'pong') return readSocketPath(files);
      if (answer === 'loading') deadlineMs = clock.monotonic() + ANSWER_TIMEOUT_MS;
    } else if (hasGuardian) {
      if (mayRequest) isRequested = writeSync(options.membersDescriptor, 'end\n') > 0;
    } else if (hasServer) {
      if (mayRequest) isRequested = endOrphan(files, nextRequestMs === 0 ? 'SIGTERM' : 'SIGKILL');
    } else {
      if (isStarted) throw startFailure(files, 'ended right after its start');
      await startGuardian(options);
      isStarted = true;
      continue;
    }
    if (isRequested) nextRequestMs = clock.monotonic() + REQUEST_REPEAT_MS;
    if (clock.monotonic() > deadlineMs) throw startFailure(files, 'does not answer');
    await clock.sleep(POLL_MS, signal);
  }
}

async function startGuardian({ files, binary, clock, log, signal }: RaiseServerOptions): Promise<void> {
  const program = await findRedisBinary(binary, signal);
  const socketPath = writeServerFiles(files);
  drainFifo(files.members);
  const output = openSync(files.log, 'a', 0o600);
  const parameters = [files.script, program, files.folder, socketPath, socketFolderToRemove(files, socketPath)];
  // Detached: the terminal's Ctrl-C is for Hector, which still needs Redis while it drains.
  const child = spawn('/bin/sh', parameters, { detached: true, stdio: ['ignore', output, output], cwd: '/' });
  closeSync(output);
  let failure: unknown;
  child.on('error', (error) => {
    failure = error;
  });
  child.unref();
  while (!hasWriter(files.guardian)) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) {
      throw startFailure(files, 'could not be started', failure);
    }
    await clock.sleep(POLL_MS, signal);
  }
  log.debug({ folder: files.folder, program }, 'Started the embedded Redis');
}

/**
 * Asks a server whose guardian was killed to end; false when it cannot be asked yet.
 * While it lives, the pid file is its own: older ones are removed before a start.
 */
function endOrphan(files: EmbeddedFiles, signalName: 'SIGTERM' | 'SIGKILL'): boolean {
  const pid = findServerPid(files);
  if (pid === undefined || !hasWriter(files.server)) return false;
  try {
    // With a folder shared between containers, a process id may belong to another one's processes.
    if (process.platform === 'linux' && readlinkSync(`/proc/${pid}/cwd`) !== files.folder) return false;
    return process.kill(pid, signalName);
  } catch (error) {
    // It ended by itself just now.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function startFailure(files: EmbeddedFiles, what: string, cause?: unknown): AppError {
  return new AppError('REDIS_UNAVAILABLE', {
    message: `The embedded Redis in ${files.folder} ${what}. End of its log:\n${readLogTail(files)}`,
    cause,
  });
}

const POLL_MS = 10;
const ANSWER_TIMEOUT_MS = 15_000;
/** After this long an ignored request to end is repeated, more firmly. */
const REQUEST_REPEAT_MS = 5_000;
