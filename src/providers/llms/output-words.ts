import type { OutputSchema } from './contract.js';

/** Asks for structured output in words, where the provider cannot be held to it. The agent checks the answer. */
export function describeOutput(output: OutputSchema): string {
  return [
    `Your final answer must be one JSON value named '${output.name}' that fits this JSON Schema, and nothing else: no prose, no code fence.`,
    JSON.stringify(output.schema),
  ].join('\n');
}

export function withOutputWords(system: string, output: OutputSchema | undefined): string {
  if (output === undefined) return system;
  return system === '' ? describeOutput(output) : `${system}\n\n${describeOutput(output)}`;
}
