/** S7: what an agent takes in, and what a client takes back. */
import { AppError } from '../base/errors.js';
import type { AgentSettings } from '../config/settings.js';
import type { Part } from '../protocol/a2a.js';

/** What a card promises to take: the agent's default modes and those of any of its skills. */
export function inputModesOf({ inputModes, skills, extendedCard }: AgentSettings): readonly string[] {
  return promised(
    inputModes,
    [...skills, ...(extendedCard?.skills ?? [])].map((skill) => skill.inputModes),
  );
}

export function outputModesOf({ outputModes, skills, extendedCard }: AgentSettings): readonly string[] {
  return promised(
    outputModes,
    [...skills, ...(extendedCard?.skills ?? [])].map((skill) => skill.outputModes),
  );
}

function promised(modes: readonly string[], ofSkills: readonly (readonly string[])[]): readonly string[] {
  return [...new Set([...(modes.length === 0 ? ['text/plain'] : modes), ...ofSkills.flat()])];
}

/** Throws `CONTENT_TYPE_NOT_SUPPORTED` for the first part that no input mode covers. */
export function assertInputModes(parts: readonly Part[], inputModes: readonly string[]): void {
  const modes = inputModes.length === 0 ? ['text/plain'] : inputModes;
  parts.forEach((part, index) => {
    const mediaType = mediaTypeOf(part);
    if (mediaType === undefined || modes.some((mode) => covers(mode, mediaType))) return;
    const description = `the agent takes ${modes.join(', ')}, not ${mediaType}`;
    throw new AppError('CONTENT_TYPE_NOT_SUPPORTED', {
      message: `Content type is not supported: message.parts[${index}]: ${description}`,
      problems: [{ field: `message.parts[${index}].mediaType`, description }],
    });
  });
}

/** Throws when the client accepts nothing that the agent produces: better now than a result it cannot read. */
export function assertOutputModes(accepted: readonly string[] | undefined, outputModes: readonly string[]): void {
  const modes = outputModes.length === 0 ? ['text/plain'] : outputModes;
  if (accepted === undefined || accepted.length === 0) return;
  if (accepted.some((wanted) => modes.some((mode) => covers(wanted, mode) || covers(mode, wanted)))) return;
  const description = `the agent produces ${modes.join(', ')}; accept one of them or leave the field out`;
  throw new AppError('CONTENT_TYPE_NOT_SUPPORTED', {
    message: `Content type is not supported: configuration.acceptedOutputModes: ${description}`,
    problems: [{ field: 'configuration.acceptedOutputModes', description }],
  });
}

/** `undefined`: cannot be wrong. Bare data is a structured reply (e.g. an approval), not a document. */
function mediaTypeOf(part: Part): string | undefined {
  if (part.mediaType !== undefined) return part.mediaType;
  if (part.text !== undefined) return 'text/plain';
  return part.data === undefined ? 'application/octet-stream' : undefined;
}

/** Exact types, `type/*`, `*`, and informal modes: `text` means `text/*`, `json` and `data` mean JSON, `file` anything. */
function covers(mode: string, mediaType: string): boolean {
  const wanted = essence(mode);
  const given = essence(mediaType);
  if (wanted === given || wanted === '*/*' || wanted === '*' || wanted === 'file') return true;
  if (wanted === 'data' || wanted === 'json') return given === 'application/json';
  const family = wanted.endsWith('/*') ? wanted.slice(0, -2) : wanted.includes('/') ? undefined : wanted;
  if (family !== undefined && (given === family || given.startsWith(`${family}/`))) return true;
  // A part may name a family itself: `text/*` fits an agent that takes `text/plain`.
  return given.endsWith('/*') && wanted.startsWith(given.slice(0, -1));
}

/** Without parameters such as `; charset=utf-8`. */
function essence(mediaType: string): string {
  return (mediaType.split(';')[0] as string).trim().toLowerCase();
}
