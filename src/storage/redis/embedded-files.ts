/** Names and texts of what the embedded Redis keeps in `<state folder>/redis/`. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../base/errors.js';
import { sha256Hex } from '../../base/json.js';

export interface EmbeddedFiles {
  readonly folder: string;
  readonly lock: string;
  /** FIFO: its writers are the Hector processes; a line in it asks the guardian to end. */
  readonly members: string;
  /** FIFO: its only writer is the guardian, until the server has ended and the socket is removed. */
  readonly guardian: string;
  /** FIFO: its only writer is the server. */
  readonly server: string;
  readonly script: string;
  readonly config: string;
  readonly log: string;
  readonly pid: string;
  /** Holds the path of the socket in use. */
  readonly socketName: string;
}

/** Makes the folder, private to this user, and names its files. */
export function prepareFolder(stateDirectory: string): EmbeddedFiles {
  const wanted = join(stateDirectory, 'redis');
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    // The real path, so that two spellings of one folder agree on the socket's name.
    const folder = realpathSync(wanted);
    chmodSync(folder, 0o700);
    const name = (file: string) => join(folder, file);
    writeFileSync(name('start.lock'), '', { flag: 'a', mode: 0o600 });
    return {
      folder,
      lock: name('start.lock'),
      members: name('members'),
      guardian: name('guardian'),
      server: name('server'),
      script: name('guardian.sh'),
      config: name('redis.conf'),
      log: name('redis.log'),
      pid: name('redis.pid'),
      socketName: name('socket-path'),
    };
  } catch (cause) {
    throw unusableFolder(wanted, cause);
  }
}

export function unusableFolder(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('STATE_FOLDER_UNUSABLE', {
    message: `The folder ${path} cannot be used for the embedded Redis (${reason}). Make it writable for this user, choose another state folder on a local disk, or set \`redis.url\``,
    cause,
  });
}

/** Writes what a guardian needs. Only while holding the lock, with no guardian and no server alive. */
export function writeServerFiles(files: EmbeddedFiles): string {
  const socketPath = chooseSocketPath(files.folder);
  // While a server lives, its pid file must never be an older one's.
  rmSync(files.pid, { force: true });
  rmSync(socketPath, { force: true });
  if ((statSync(files.log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) truncateSync(files.log);
  writeFileSync(files.config, redisConfig(files, socketPath), { mode: 0o600 });
  writeFileSync(files.script, GUARDIAN_SCRIPT, { mode: 0o600 });
  writeFileSync(files.socketName, socketPath, { mode: 0o600 });
  return socketPath;
}

export function findServerPid(files: EmbeddedFiles): number | undefined {
  const pid = existsSync(files.pid) ? Number(readFileSync(files.pid, 'utf8')) : 0;
  return pid > 1 ? pid : undefined;
}

export function readSocketPath(files: EmbeddedFiles): string {
  return readFileSync(files.socketName, 'utf8');
}

/** The last lines of the server's log, for an error message. */
export function readLogTail(files: EmbeddedFiles): string {
  const log = readFileSync(files.log, { encoding: 'utf8', flag: 'a+' });
  return log.trimEnd().split('\n').slice(-6).join('\n');
}

/** A socket's path has room for 107 bytes on Linux, 103 on macOS; a longer one moves to a private temporary folder. */
function chooseSocketPath(folder: string): string {
  const beside = join(folder, 'redis.sock');
  if (Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES) return beside;
  const elsewhere = join(tmpdir(), `hector-${sha256Hex(folder).slice(0, 16)}`);
  try {
    mkdirSync(elsewhere, { recursive: true, mode: 0o700 });
    // Somebody else may have made it first: in a folder of theirs they could put a server of theirs.
    const found = lstatSync(elsewhere);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
      throw new Error('it belongs to somebody else');
  } catch (cause) {
    throw unusableFolder(elsewhere, cause);
  }
  return join(elsewhere, 'redis.sock');
}

function redisConfig(files: EmbeddedFiles, socketPath: string): string {
  const quote = (text: string) => JSON.stringify(text);
  return `# Written by Hector at every start of its embedded Redis; changes are lost.
port 0
unixsocket ${quote(socketPath)}
unixsocketperm 700
dir ${quote(files.folder)}
pidfile ${quote(files.pid)}
logfile ""
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
}

export function socketFolderToRemove(files: EmbeddedFiles, socketPath: string): string {
  const folder = dirname(socketPath);
  return folder === files.folder ? '' : folder;
}

/**
 * Arguments: redis-server, folder, socket, folder of the socket to remove or ''.
 * It ends, and the server with it, when the last member closes `members` or one writes a line to it.
 * Each FIFO is first opened for both directions, which does not wait for the other side; `server` is open before `guardian`
 * is, and both before the server runs, so "guardian alive, server not" always means that the server has ended.
 * TERM is ignored because a service manager sends it to all processes at once while Hector still drains.
 */
const GUARDIAN_SCRIPT = `trap '' HUP INT TERM
cd "$2" || exit 1
exec 9<>members 3<members 9<&-
exec 9<>server 5>server 9<&-
exec 9<>guardian 4>guardian 9<&-
"$1" redis.conf 3<&- 4>&- &
server=$!
exec 5>&-
read -r _ <&3
rm -f "$3"
kill -TERM "$server" 2>/dev/null
tries=0
while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 100 ]; do
  sleep 0.05 3<&- 4>&-
  tries=$((tries + 1))
done
[ "$tries" -lt 100 ] || kill -KILL "$server" 2>/dev/null
wait "$server"
rm -f "$3" redis.pid
[ -z "$4" ] || rmdir "$4" 2>/dev/null
exit 0
`;

const MAX_LOG_BYTES = 1024 * 1024;
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
