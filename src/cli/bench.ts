import { systemClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { parseDuration } from '../config/duration.js';
import { type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { type MessageMode, messageExchange } from './load/a2a-exchange.js';
import { findLoadTarget } from './load/find-load-target.js';
import { formatLoad, toJson } from './load/load-view.js';
import { runLoad } from './load/run-load.js';
import type { Arrivals } from './load/schedule.js';
import { findMissed, type Thresholds } from './load/thresholds.js';
import { INTERRUPTED } from './stop-signal.js';
import { findToken, TOKEN_OPTION } from './token.js';

export const benchCommand: Command = {
  name: 'bench',
  summary: 'Put load on an A2A server and measure what it makes of it',
  usage: '<url>',
  maxArguments: 1,
  options: {
    rate: { type: 'string', value: '<number>', description: 'Messages per second, sent whether or not earlier ones were answered' },
    concurrency: {
      type: 'string',
      value: '<number>',
      description: 'Or: as many at once, each sent when the last was answered (default: 10)',
    },
    'max-in-flight': {
      type: 'string',
      value: '<number>',
      description: 'With --rate: most at once; further ones wait, and that counts (default: 1000)',
    },
    duration: { type: 'string', value: '<time>', description: 'How long is measured (default: 10s)' },
    'warm-up': { type: 'string', value: '<time>', description: 'How long is sent before that (default: 2s)' },
    timeout: { type: 'string', value: '<time>', description: 'Longest wait for one answer (default: 30s)' },
    stream: { type: 'boolean', description: 'Stream the answers, and measure the first text, too' },
    begin: { type: 'boolean', description: 'Do not wait for answers, only until messages are accepted' },
    text: { type: 'string', value: '<text>', description: 'What is said (default: Hello)' },
    protocol: {
      type: 'string',
      value: '<version>',
      choices: ['auto', '1.0', '0.3'],
      description: "Version of A2A (default: auto, what the server's card says)",
    },
    token: TOKEN_OPTION,
    json: { type: 'boolean', description: 'Print the figures as one JSON object' },
    'max-p50': { type: 'string', value: '<time>', description: 'Exit with 1 when the median takes longer' },
    'max-p95': { type: 'string', value: '<time>', description: 'The same for the 95th percentile' },
    'max-p99': { type: 'string', value: '<time>', description: 'The same for the 99th percentile' },
    'max-first-text': { type: 'string', value: '<time>', description: 'The same for the 99th percentile until the first text' },
    'min-rate': { type: 'string', value: '<number>', description: 'Exit with 1 when fewer per second are answered' },
    'max-errors': { type: 'string', value: '<percent>', description: 'Exit with 1 when more of them fail (default: 0)' },
  },
  examples: [
    'hector bench http://localhost:8080/agents/assistant --rate 100 --duration 30s',
    'hector bench http://localhost:8080 --stream --concurrency 64 --json',
    'hector bench https://agents.example.com --rate 20 --max-p99 2s --max-errors 0.1',
  ],
  async run(input, context) {
    const base = input.arguments[0] ?? '';
    if (!/^https?:/.test(base) || !URL.canParse(base))
      throw new AppError('CLI_USAGE', {
        message: `bench wants the address of an A2A server, such as http://localhost:8080; got '${base}'`,
      });
    const arrivals = readArrivals(input);
    const thresholds = readThresholds(input);
    const mode = readMode(input);
    if (thresholds.maxFirstTextMs !== undefined && mode !== 'stream')
      throw new AppError('CLI_USAGE', { message: '--max-first-text is about streams; add --stream' });
    const times = {
      warmUpMs: readTime(input, 'warm-up') ?? 2_000,
      durationMs: readTime(input, 'duration') ?? 10_000,
      timeoutMs: readTime(input, 'timeout') ?? 30_000,
    };
    const token = findToken(input, context);
    const stop = context.listenForStop();
    try {
      const target = await findLoadTarget(new URL(base), token, stop.signal);
      const wanted = findTextFlag(input, 'protocol') ?? 'auto';
      const version = wanted === '1.0' || wanted === '0.3' ? wanted : target.version;
      const exchange = messageExchange({ ...target, version, mode, text: findTextFlag(input, 'text') ?? 'Hello', token });
      const title = `${MODES[mode]} messages over A2A ${version} to ${target.url}, ${describe(arrivals)}`;
      if (!isFlagSet(input, 'json')) context.terminal.writeError(`${title} for ${(times.warmUpMs + times.durationMs) / 1_000} s …\n`);
      const report = await runLoad(
        { origin: target.url.origin, exchange, arrivals, ...times },
        { signal: stop.signal, clock: systemClock },
      );
      const missed = findMissed(report, thresholds);
      if (isFlagSet(input, 'json'))
        context.terminal.write(
          `${JSON.stringify({ url: String(target.url), protocol: version, mode, arrivals, ...times, ...toJson(report), missed })}\n`,
        );
      else context.terminal.write(formatLoad(title, report));
      if (stop.signal.aborted) return INTERRUPTED;
      for (const line of missed) context.terminal.writeError(`missed: ${line}\n`);
      return missed.length === 0 ? 0 : 1;
    } finally {
      stop.dispose();
    }
  },
};

function readMode(input: CommandInput): MessageMode {
  const [isStreaming, isBeginning] = [isFlagSet(input, 'stream'), isFlagSet(input, 'begin')];
  if (isStreaming && isBeginning)
    throw new AppError('CLI_USAGE', { message: '--stream waits for the answer and --begin does not; give one of them' });
  return isStreaming ? 'stream' : isBeginning ? 'begin' : 'send';
}

function describe(arrivals: Arrivals): string {
  return arrivals.type === 'rate' ? `${arrivals.perSecond}/s` : `${arrivals.connections} at once`;
}

function readArrivals(input: CommandInput): Arrivals {
  const perSecond = readNumber(input, 'rate', MAX_RATE);
  const connections = readNumber(input, 'concurrency', MAX_CONNECTIONS);
  const maxInFlight = readNumber(input, 'max-in-flight', MAX_CONNECTIONS);
  if (perSecond !== undefined && connections !== undefined)
    throw new AppError('CLI_USAGE', { message: '--rate and --concurrency are two ways to send; give one of them' });
  if (perSecond === undefined && maxInFlight !== undefined)
    throw new AppError('CLI_USAGE', { message: '--max-in-flight bounds --rate; --concurrency is a bound by itself' });
  if (perSecond !== undefined) return { type: 'rate', perSecond, maxInFlight: Math.floor(maxInFlight ?? 1_000) };
  return { type: 'concurrency', connections: Math.floor(connections ?? 10) };
}

function readThresholds(input: CommandInput): Thresholds {
  return {
    maxP50Ms: readTime(input, 'max-p50'),
    maxP95Ms: readTime(input, 'max-p95'),
    maxP99Ms: readTime(input, 'max-p99'),
    maxFirstTextMs: readTime(input, 'max-first-text'),
    minPerSecond: readNumber(input, 'min-rate', MAX_RATE),
    maxErrorShare: (readNumber(input, 'max-errors', 100, 0) ?? 0) / 100,
  };
}

function readTime(input: CommandInput, name: string): number | undefined {
  const text = findTextFlag(input, name);
  const value = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && (value === undefined || (value === 0 && name !== 'warm-up')))
    throw new AppError('CLI_USAGE', { message: `--${name} is '${text}'; wanted a time such as 500ms, 10s or 5m` });
  return value;
}

function readNumber(
  input: CommandInput,
  name: string,
  most: number,
  least = name === 'rate' || name === 'min-rate' ? 0.01 : 1,
): number | undefined {
  const text = findTextFlag(input, name);
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new AppError('CLI_USAGE', { message: `--${name} is '${text}'; wanted a number from ${least} to ${most}` });
}

const MAX_RATE = 100_000;
const MAX_CONNECTIONS = 50_000;
const MODES = { send: 'blocking', stream: 'streamed', begin: 'unawaited' } as const;
