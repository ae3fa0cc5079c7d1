/** `--storage` and `--storage-db` as overrides of the file (CLI-44, CLI-45). */
import { decodePercent } from '../base/decode-percent.js';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { Environment } from '../config/environment.js';
import { type CommandInput, findTextFlag, type OptionSpec } from './command.js';

export const STORAGE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  storage: {
    type: 'string',
    value: '<backend>',
    description: 'inmemory, sqlite, postgres or mysql (default: SQLite in the state folder)',
    choices: ['inmemory', 'sqlite', 'postgres', 'mysql'],
  },
  'storage-db': { type: 'string', value: '<database>', description: 'File of SQLite, or the DSN of the database' },
};

/** A password on the command line travels as this variable, so that no file and no stored text holds it (CLI-48). */
export const PASSWORD_VARIABLE = 'HECTOR_STORAGE_PASSWORD';

export function withStoragePassword(environment: Environment, input: CommandInput): Environment {
  const password = findStoragePassword(input);
  return password === undefined ? environment : { ...environment, [PASSWORD_VARIABLE]: password };
}

export function findStoragePassword(input: CommandInput): string | undefined {
  return readDatabase(input).password;
}

export function storageOverrides(input: CommandInput, quote: (text: string) => string): JsonObject {
  const backend = findTextFlag(input, 'storage');
  if (backend === undefined) {
    if (input.flags['storage-db'] === undefined) return {};
    throw new AppError('CLI_USAGE', { message: '--storage-db wants --storage sqlite, postgres or mysql beside it' });
  }
  if (backend === 'inmemory') return { storage: { tasks: { backend: 'inmemory' }, sessions: { backend: 'inmemory' } } };
  const { password, ...place } = readDatabase(input);
  const quoted = Object.entries(place).map(([key, value]) => [key, typeof value === 'string' ? quote(value) : value]);
  return {
    databases: {
      _default: {
        driver: backend,
        max_conns: 25,
        max_idle: 5,
        ...Object.fromEntries(quoted),
        ...(password === undefined ? {} : { password: `\${${PASSWORD_VARIABLE}}` }),
      },
    },
    storage: {
      database: '_default',
      tasks: { backend: 'sql', database: '_default' },
      sessions: { backend: 'sql', database: '_default' },
      memory: { backend: 'keyword' },
      checkpoint: {
        enabled: true,
        strategy: 'hybrid',
        after_tools: true,
        before_llm: true,
        recovery: { auto_resume: true, auto_resume_hitl: false, timeout: '24h' },
      },
    },
  };
}

interface Place {
  readonly database?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly ssl_mode?: string;
}

function readDatabase(input: CommandInput): Place {
  const backend = findTextFlag(input, 'storage');
  const text = findTextFlag(input, 'storage-db');
  if (backend === undefined || backend === 'inmemory') return {};
  if (backend === 'sqlite') return { database: text ?? './.hector/hector.db' };
  const fallback = { host: 'localhost', port: backend === 'postgres' ? 5432 : 3306, database: 'hector' };
  if (text === undefined) return { ...fallback, ...(backend === 'postgres' ? { ssl_mode: 'disable' } : {}) };
  const place = readUrl(text) ?? (backend === 'postgres' ? readPairs(text) : readGoDsn(text));
  if (place === undefined)
    throw new AppError('CLI_USAGE', {
      message: `--storage-db (not shown) cannot be read; wanted ${backend}://user:password@host:port/database or ${
        backend === 'postgres' ? "'host=… user=… password=… dbname=…'" : "'user:password@tcp(host:port)/database'"
      }`,
    });
  return { ...fallback, ...place };
}

function readUrl(text: string): Place | undefined {
  if (!/^\w+:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return withoutEmpty({
    host: url.hostname,
    port: Number(url.port),
    username: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    ssl_mode: url.searchParams.get('sslmode') ?? '',
  });
}

/** The flag is not shown: it may hold a password. */
function decode(part: string): string {
  const decoded = decodePercent(part);
  if (decoded !== undefined) return decoded;
  throw new AppError('CLI_USAGE', {
    message: '--storage-db (not shown) holds a % that begins no escape; in an address, write %25 for one that means itself',
  });
}

function readPairs(text: string): Place | undefined {
  const pairs = new Map([...text.matchAll(/\b(\w+)=('[^']*'|\S*)/g)].map(([, key = '', value = '']) => [key, value.replace(/^'|'$/g, '')]));
  if (pairs.size === 0) return undefined;
  const get = (key: string) => pairs.get(key) ?? '';
  return withoutEmpty({
    host: get('host'),
    port: Number(get('port')),
    username: get('user'),
    password: get('password'),
    database: get('dbname'),
    ssl_mode: get('sslmode'),
  });
}

function readGoDsn(text: string): Place | undefined {
  const match = /^(?:([^:@]*)(?::([\s\S]*))?@)?(?:tcp\(([^:)]+)(?::(\d+))?\))?\/([^?]*)(?:\?.*)?$/.exec(text);
  if (match === null) return undefined;
  const [, username = '', password = '', host = '', port = '', database = ''] = match;
  return withoutEmpty({ host, port: Number(port), username, password, database });
}

function withoutEmpty(place: Place): Place {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== '' && value !== 0)) as Place;
}
