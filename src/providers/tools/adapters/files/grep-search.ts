/** `grep_search` (TOOL-15): on a thread that can be ended, whatever the pattern does. */
import { Worker } from 'node:worker_threads';
import { abortError } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError, type ErrorCode } from '../../../../base/errors.js';
import type { ToolLimits } from '../../../../config/settings.js';
import type { Tool, ToolResult } from '../../contract.js';
import { ThreadPlaces } from '../../thread-places.js';
import type { GrepEnd, GrepFound, GrepQuery } from './grep-files.js';

export type GrepMessage =
  | { readonly type: 'found'; readonly found: GrepFound }
  | { readonly type: 'end'; readonly end: GrepEnd }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

type GrepLimits = Pick<ToolLimits, 'workingDirectory' | 'maxFileBytes' | 'maxFiles' | 'maxResults' | 'maxExecutionTimeMs'>;

export function createGrepSearchTool(limits: GrepLimits, { clock }: { readonly clock: Clock }): Tool {
  return {
    name: 'grep_search',
    description: 'Searches the text files below a folder of the working directory, line by line, for a regular expression.',
    parameters: {
      type: 'object',
      properties: {
        pattern: { type: 'string', minLength: 1, maxLength: 1_000, description: 'Regular expression' },
        path: { type: 'string', minLength: 1, default: '.', description: 'Folder or file, relative to the working directory' },
        file_pattern: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          description: 'Only files that fit, such as *.ts or src/**/*.{js,ts}',
        },
        case_insensitive: { type: 'boolean', default: false, description: 'Small and capital letters are the same' },
        context_lines: { type: 'integer', minimum: 0, maximum: 10, default: 2, description: 'Lines shown before and after' },
        max_results: {
          type: 'integer',
          minimum: 1,
          maximum: limits.maxResults,
          default: Math.min(100, limits.maxResults),
          description: 'Matches at most',
        },
        recursive: { type: 'boolean', default: true, description: 'Folders in the folder, too' },
      },
      required: ['pattern'],
      additionalProperties: false,
    },
    effect: 'pure',
    async execute(args, { signal }) {
      const query: GrepQuery = {
        root: limits.workingDirectory,
        path: args['path'] as string,
        pattern: args['pattern'] as string,
        filePattern: args['file_pattern'] as string | undefined,
        ignoreCase: args['case_insensitive'] as boolean,
        contextLines: args['context_lines'] as number,
        maxResults: args['max_results'] as number,
        recursive: args['recursive'] as boolean,
        maxFileBytes: limits.maxFileBytes,
        maxFiles: limits.maxFiles,
      };
      const release = await PLACES.take(signal);
      try {
        return await runThread(query, { maxMs: limits.maxExecutionTimeMs, clock, signal });
      } finally {
        release();
      }
    },
  };
}

interface RunOptions {
  readonly maxMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function runThread(query: GrepQuery, { maxMs, clock, signal }: RunOptions): Promise<ToolResult> {
  if (signal.aborted) throw abortError(signal);
  const worker = new Worker(new URL('./grep-thread.js', import.meta.url), {
    workerData: query,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const shown: string[] = [];
  let matches = 0;
  let length = 0;
  let undo: (() => void) | undefined;
  try {
    const end = await new Promise<GrepEnd | 'late'>((resolve, reject) => {
      const onAbort = () => reject(abortError(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      const stopTimer = clock.after(maxMs, () => resolve('late'));
      undo = () => {
        stopTimer();
        signal.removeEventListener('abort', onAbort);
      };
      worker.on('error', (error) => reject(new AppError('TOOL_FAILED', { message: 'The search failed', cause: error })));
      worker.on('exit', () => reject(new AppError('TOOL_FAILED', { message: 'The search ended without a result' })));
      worker.on('message', (message: GrepMessage) => {
        if (message.type === 'end') resolve(message.end);
        if (message.type === 'failed') reject(new AppError(message.code, { message: message.message }));
        if (message.type !== 'found') return;
        matches += message.found.matches;
        length += message.found.text.length;
        if (length <= MAX_SHOWN) shown.push(message.found.text);
      });
    });
    return describe({ shown, matches, isCut: length > MAX_SHOWN, end, maxMs });
  } finally {
    undo?.();
    await worker.terminate();
  }
}

interface Outcome {
  readonly shown: readonly string[];
  readonly matches: number;
  readonly isCut: boolean;
  readonly end: GrepEnd | 'late';
  readonly maxMs: number;
}

function describe({ shown, matches, isCut, end, maxMs }: Outcome): ToolResult {
  const text = shown.join('\n--\n');
  if (end === 'late') {
    const late = `The search took longer than ${maxMs} ms and was ended; search fewer files, or with a simpler pattern.`;
    return { content: text === '' ? late : `${text}\n\n${late} Above is what was found until then.`, isError: true };
  }
  const notes = [
    `${matches} ${matches === 1 ? 'match' : 'matches'} in ${end.files} files`,
    ...(end.skipped === 0 ? [] : [`${end.skipped} files were not searched (not text, too large, or not plain files)`]),
    ...(end.limit === 'results' ? ['there are more; ask for more with max_results'] : []),
    ...(end.limit === 'files' ? ['there are more files than one call searches; name a path or a file_pattern'] : []),
    ...(isCut ? [`only the first ${MAX_SHOWN} characters are shown`] : []),
  ];
  return { content: `${text === '' ? '' : `${text}\n\n`}${notes.join('; ')}` };
}

const MAX_SHOWN = 262_144;
const PLACES = new ThreadPlaces(4);
