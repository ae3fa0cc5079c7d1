/** `text_editor` (TOOL-10): one tool for looking at files and changing them, with a way back. */

import { unlink } from 'node:fs/promises';
import { AppError } from '../../../../base/errors.js';
import type { JsonObject } from '../../../../base/json.js';
import type { ToolLimits } from '../../../../config/settings.js';
import type { Tool, ToolResult } from '../../contract.js';
import { isErrorCode } from '../../error-code.js';
import { locate } from '../../workspace.js';
import { type Change, type ChangeOptions, changeFile, checkExtension, type WriteLimits } from './change-file.js';
import { describeChange } from './describe-change.js';
import { inTurn } from './file-turns.js';
import { listFolder } from './list-folder.js';
import { hasWindowsLineEnds, replaceText, withWindowsLineEnds } from './replace-text.js';
import { showLines } from './show-lines.js';
import { findStats, readStored, readStoredText, type StoredText, writeStored } from './stored-file.js';
import { undoLast } from './undo-history.js';

type EditorLimits = WriteLimits & Pick<ToolLimits, 'maxReadBytes' | 'maxReplacements' | 'maxUndoSteps'>;

export function createTextEditorTool(limits: EditorLimits): Tool {
  return {
    name: 'text_editor',
    description:
      'Looks at and edits text files inside the working directory. view: a file (optionally a range of lines) or a folder. create: a new file, or all of an old one anew. str_replace: text that is in the file exactly once. insert: text after a line. undo_edit: takes the last edit of a file back.',
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', enum: ['view', 'create', 'str_replace', 'insert', 'undo_edit'], description: 'What to do' },
        path: { type: 'string', minLength: 1, description: 'Path relative to the working directory' },
        view_range: {
          type: 'array',
          items: { type: 'integer' },
          minItems: 2,
          maxItems: 2,
          description: 'For view: first and last line, counted from 1; -1 = to the end',
        },
        file_text: { type: 'string', description: 'For create: all of the text' },
        old_str: { type: 'string', minLength: 1, description: 'For str_replace: the text to replace, exactly as it stands in the file' },
        new_str: { type: 'string', description: 'For str_replace: what stands there afterwards (left out: nothing)' },
        insert_line: { type: 'integer', minimum: 0, description: 'For insert: the line after which the text goes; 0 = at the begin' },
        insert_text: { type: 'string', description: 'For insert: the text' },
      },
      required: ['command', 'path'],
      additionalProperties: false,
    },
    effect: 'once',
    requiresApproval: true,
    approvalPrompt: 'Let text_editor {command} {path}?',
    async execute(args, { signal }) {
      const path = args['path'] as string;
      switch (args['command']) {
        case 'view':
          return view(args, path, limits, signal);
        case 'undo_edit':
          return undo(path, limits, signal);
        default:
          return edit(args, path, limits, signal);
      }
    },
  };
}

async function view(args: JsonObject, path: string, limits: EditorLimits, signal: AbortSignal): Promise<ToolResult> {
  const root = limits.workingDirectory;
  const stored = await locate(root, path, { signal }, async (located) => {
    const stats = await findStats(located, path);
    return stats?.isDirectory() ? undefined : await readStoredText(located, path, limits.maxReadBytes);
  });
  if (stored === undefined) return { content: await listFolder(root, path, { signal }) };
  const [start, end] = (args['view_range'] as readonly number[] | undefined) ?? [1, -1];
  return { content: showLines(path, stored.text, { start: Math.max(start ?? 1, 1), end }, true) };
}

async function edit(args: JsonObject, path: string, limits: EditorLimits, signal: AbortSignal): Promise<ToolResult> {
  const isCreate = args['command'] === 'create';
  const options: ChangeOptions = { limits, path, backup: false, undoSteps: limits.maxUndoSteps, create: isCreate, signal };
  const change = await changeFile(options, (stored) => {
    if (isCreate) return need(args, 'file_text');
    if (stored === undefined) throw new AppError('TOOL_FAILED', { message: `'${path}' does not exist; create it first` });
    return args['command'] === 'insert' ? insert(args, path, stored) : replace(args, path, stored, limits);
  });
  return { content: describe(change, path, isCreate) };
}

function replace(args: JsonObject, path: string, { text }: StoredText, { maxReplacements }: EditorLimits): string {
  const after = (args['new_str'] as string | undefined) ?? '';
  return replaceText(text, need(args, 'old_str'), after, { file: path, all: false, maxReplacements }).text;
}

function insert(args: JsonObject, path: string, { text }: StoredText): string {
  const line = args['insert_line'] as number | undefined;
  if (line === undefined) throw new AppError('TOOL_ARGUMENTS_INVALID', { message: "'insert' needs insert_line" });
  const lines = text.split('\n');
  const count = text === '' ? 0 : lines.length - (lines.at(-1) === '' ? 1 : 0);
  if (line > count) throw new AppError('TOOL_FAILED', { message: `insert_line is ${line}, and '${path}' has ${count} lines` });
  const given = need(args, 'insert_text');
  const added = hasWindowsLineEnds(text) ? withWindowsLineEnds(given) : given;
  const end = hasWindowsLineEnds(text) ? '\r\n' : '\n';
  const before = lines.slice(0, line).join('\n');
  const after = lines.slice(line).join('\n');
  const head = line === 0 ? '' : before.endsWith('\r') || line < lines.length ? `${before}\n` : `${before}${end}`;
  return `${head}${added}${added.endsWith('\n') ? '' : end}${after}`;
}

async function undo(path: string, limits: EditorLimits, signal: AbortSignal): Promise<ToolResult> {
  checkExtension(path, limits);
  const root = limits.workingDirectory;
  return await locate(root, path, { create: true, signal }, (located) =>
    inTurn(`${root}\0${located.path}`, async () => {
      const stats = await findStats(located, path);
      const now = stats === undefined ? undefined : await readStored(located, path, limits.maxReadBytes);
      await undoLast({ root, path: located.path, now: now?.bytes, signal }, async ({ before, mode }) => {
        if (before !== undefined) return writeStored(located, path, before, { replaces: now, mode, signal });
        await unlink(located.folder.at(located.name)).catch((error: unknown) => {
          if (!isErrorCode(error, 'ENOENT')) throw error;
        });
      });
      return { content: `The last edit of '${path}' is taken back` };
    }),
  );
}

function need(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new AppError('TOOL_ARGUMENTS_INVALID', { message: `'${String(args['command'])}' needs ${name}` });
  return value;
}

function describe({ before, after, bytes }: Change, path: string, isCreate: boolean): string {
  if (isCreate && before === undefined) return `Created '${path}' (${bytes} bytes)`;
  return `Edited '${path}'\n${describeChange(path, before ?? '', after)}`;
}
