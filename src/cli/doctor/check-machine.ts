/** The machine and the state folder. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { describeError } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';
import { loadUws } from '../../http/load-uws.js';

export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  return isNew ? ok('Node.js', version) : fail('Node.js', `is ${version}; Hector needs 20.19 or newer`, 'install a newer Node.js');
}

export function checkMemory(free = freemem(), total = totalmem()): Finding {
  const text = `${mebibytes(free)} MiB of ${mebibytes(total)} free`;
  return free < LEAST_MEMORY ? warn('Memory', text, 'give the machine more, or run fewer roles in one process') : ok('Memory', text);
}

/** Every stream is one. */
export function checkOpenFiles(limits = readLimits()): Finding {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  if (Number.isNaN(limit)) return ok('Open files', 'the limit is not known here');
  if (limit >= LEAST_OPEN_FILES) return ok('Open files', `${limit} are allowed`);
  return warn('Open files', `only ${limit} are allowed, and every stream is one`, 'raise it: ulimit -n 65536, or LimitNOFILE= in the unit');
}

export function checkStateFolder({ stateDirectory }: Pick<Settings, 'stateDirectory'>): readonly Finding[] {
  const there = nearestFolder(stateDirectory);
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [
      fail('State folder', `${stateDirectory} cannot be written by this user`, `give this user ${there} (chown), or set state_directory`),
    ];
  }
  const { bavail, bsize } = statfsSync(there);
  return [ok('State folder', stateDirectory), checkDisk(there, bavail * bsize)];
}

export function checkDisk(folder: string, free: number): Finding {
  const text = `${mebibytes(free)} MiB are free where ${folder} lies`;
  const cure = 'delete what is not needed there, make that disk larger, or set state_directory to a folder on another one';
  if (free < FULL_DISK) return fail('Disk', `only ${text}: when it is full, no run and no document can be committed`, cure);
  return free < NARROW_DISK ? warn('Disk', `only ${text}`, cure) : ok('Disk', text);
}

export async function checkAdapter({ server }: Pick<Settings, 'server'>): Promise<Finding> {
  if (server.http === 'node') return ok('HTTP adapter', 'node, as server.http says');
  if (server.tls.enabled) return ok('HTTP adapter', 'node:http, which serves TLS');
  try {
    await loadUws(server.limits.maxHeaderBytes);
    return ok('HTTP adapter', 'uWebSockets.js');
  } catch (error) {
    const cure = 'use a glibc system with a supported Node.js, or set server.http: node';
    return server.http === 'uws'
      ? fail('HTTP adapter', describeError(error), cure)
      : warn('HTTP adapter', `node:http, which is slower: ${describeError(error)}`, cure);
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Other systems than Linux.
    return '';
  }
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

const LEAST_MEMORY = 256 * 1_048_576;
const LEAST_OPEN_FILES = 4_096;
const FULL_DISK = 200 * 1_048_576;
const NARROW_DISK = 2_048 * 1_048_576;
