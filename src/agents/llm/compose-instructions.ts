/** The system prompt of a model call (AGT-10): global instructions, role, instruction, guidance. */
import type { AgentSettings } from '../../config/settings.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import type { InstructionProvider, InvocationContext } from './customization.js';
import { renderTemplate, type TemplateScope } from './render-template.js';
import { runCallback } from './run-callback.js';

/** A text of the configuration, or code in its place (AGT-67). */
export interface InstructionSource {
  /** Its key in the configuration. */
  readonly key: string;
  readonly text: string;
  readonly provider?: InstructionProvider | undefined;
}

/** @throws AppError `AGENT_INSTRUCTION_INVALID`, `AGENT_CALLBACK_FAILED`. */
export async function composeInstructions(
  sources: readonly InstructionSource[],
  context: InvocationContext,
  scope: TemplateScope,
): Promise<string> {
  const { agent, signal } = context;
  const texts = await Promise.all(
    sources.map(({ key, text, provider }) =>
      provider === undefined ? renderTemplate(text, key, scope) : runCallback({ agent, name: key, signal }, () => provider(context)),
    ),
  );
  return texts.filter((text) => text !== '').join('\n\n');
}

/** @param above the global instructions that hold for the agent, from the top of its tree. */
export function listInstructions(
  name: string,
  { instruction, prompt }: Pick<AgentSettings, 'instruction' | 'prompt'>,
  above: readonly InstructionSource[],
  provider: InstructionProvider | undefined,
): readonly InstructionSource[] {
  const { role, guidance, systemPrompt } = prompt;
  const at = (key: string) => `agents.${name}.${key}`;
  const own =
    systemPrompt === undefined
      ? { key: at('instruction'), text: instruction, provider }
      : { key: at('prompt.system_prompt'), text: systemPrompt, provider };
  return [...above, { key: at('prompt.role'), text: role }, own, { key: at('prompt.guidance'), text: guidance }];
}

/** Of the run so far, by the artifact's name or id; what it put out last counts. */
export function createArtifactFinder(readEvents: () => Promise<readonly TaskEvent[]>): TemplateScope['findArtifact'] {
  let reading: Promise<readonly TaskEvent[]> | undefined;
  return async (name) => {
    reading ??= readEvents();
    let text: string | undefined;
    for (const event of await reading) {
      if (event.type !== 'artifact.updated' || (event.artifact.artifactId !== name && event.artifact.name !== name)) continue;
      const own = event.artifact.parts.flatMap((part) => part.text ?? []).join('');
      text = event.append ? (text ?? '') + own : own;
    }
    return text;
  };
}
