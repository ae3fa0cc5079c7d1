/**
 * An agent between its checks (GRD-01): what it reads has passed those of input, what it shows those of output, live and committed. It notices nothing of
 * either, and neither does whoever runs it.
 *
 * Around one agent, inside what scopes it: each agent of a run has its own checks, or none.
 */
import type { Clock } from '../../base/clock.js';
import { newId } from '../../base/ids.js';
import type { Part } from '../../protocol/a2a.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { Agent, StepContext, StepOutcome } from '../agent.js';
import { createToolMessage } from '../llm/answered-call.js';
import { findUsage, withUsage } from '../usage.js';
import { createInputGuard, guardEvents } from './guard-input.js';
import { guardOutcome, type OutputGuardOptions } from './guard-output.js';
import { describeBlock, type Guardrail } from './guardrail.js';
import { changesText } from './redact-text.js';
import { TextWindow } from './text-window.js';

export interface GuardAgentOptions {
  readonly guardrail: Guardrail;
  /** `agents.<name>.output_key` */
  readonly outputKey: string | undefined;
  readonly clock: Clock;
}

export function guardAgent(agent: Agent, { guardrail, outputKey, clock }: GuardAgentOptions): Agent {
  const { input, outputRules: rules, settings } = guardrail;
  const guardInput = createInputGuard(input);
  const output: OutputGuardOptions = { rules, isFailFast: settings.output.chainMode === 'fail_fast', outputKey };
  const isWindowed = rules.some(changesText);
  return {
    name: agent.name,
    async runStep(state, context) {
      const { task } = state;
      const occasion = { taskId: task.id, owner: task.owner };
      const { history, violations, refused, heard } = guardInput(state, textIn(task.control[HEARD]));
      guardrail.tell(violations, occasion);
      if (refused.length > 0) {
        const text = describeBlock(
          'The message was refused',
          guardrail,
          violations.filter(({ action }) => action === 'block' || action === 'modify'),
        );
        const consumes = createToolMessage([], { id: newId(clock.now()), author: agent.name, consumes: refused, at: clock.now() });
        return rejected(text, task, { control: task.control, messages: [consumes] });
      }
      const windows = new Map<string, TextWindow>();
      const outcome = await agent.runStep(
        { ...state, history },
        {
          ...context,
          readEvents: async () => guardEvents(await context.readEvents(), input),
          ...(isWindowed ? { preview: previewThrough(windows, rules, context) } : {}),
        },
      );
      const guarded = rules.length === 0 ? { outcome, violations: [], isBlocked: false } : guardOutcome(outcome, output);
      guardrail.tell(guarded.violations, occasion);
      const control = { ...outcome.control, [HEARD]: heard };
      if (guarded.isBlocked) {
        const blocking = guarded.violations.filter(({ action }) => action === 'block');
        return rejected(describeBlock('The answer was withheld', guardrail, blocking), task, {
          ...withoutAnswer(outcome, outputKey),
          control,
        });
      }
      showRest(guarded.outcome, windows, context);
      return { ...guarded.outcome, control };
    },
  };
}

type Kept = Pick<StepOutcome, 'control' | 'messages'> & Partial<Pick<StepOutcome, 'toolCalls' | 'sessionState'>>;

/** What was shown of it live is taken back by the end of the run (R9). */
function rejected(text: string, { id: taskId, contextId }: TaskRecord, kept: Kept): StepOutcome {
  return {
    type: 'rejected',
    ...kept,
    events: [],
    errorCode: 'GUARDRAIL_BLOCKED',
    statusMessage: { messageId: newId(), role: 'ROLE_AGENT', taskId, contextId, parts: [{ text }] },
    ...withUsage(undefined, findUsage(kept.control)),
  };
}

/** What tools did stays true, whatever becomes of the words about it. */
function withoutAnswer({ messages, toolCalls, sessionState }: StepOutcome, outputKey: string | undefined): Omit<Kept, 'control'> {
  const { [outputKey ?? '']: _, ...state } = sessionState ?? {};
  return {
    messages: messages.filter(({ role }: SessionMessage) => role === 'tool'),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(sessionState === undefined ? {} : { sessionState: state }),
  };
}

function previewThrough(
  windows: Map<string, TextWindow>,
  rules: Guardrail['outputRules'],
  context: Pick<StepContext, 'preview'>,
): StepContext['preview'] {
  return (artifactId, text) => {
    let window = windows.get(artifactId);
    if (window === undefined) {
      window = new TextWindow(rules);
      windows.set(artifactId, window);
    }
    const shown = window.push(text);
    if (shown !== '') context.preview(artifactId, shown);
  };
}

/** A step that may share its commit with the next one leaves no hole in front of what that one shows. */
function showRest(outcome: StepOutcome, windows: ReadonlyMap<string, TextWindow>, { preview }: Pick<StepContext, 'preview'>): void {
  if (outcome.type !== 'continue' || outcome.durable) return;
  for (const event of outcome.events) {
    const window = event.type === 'artifact.updated' ? windows.get(event.artifact.artifactId) : undefined;
    if (event.type !== 'artifact.updated' || window === undefined) continue;
    const text = textBefore(event.artifact.parts);
    if (text.startsWith(window.shown) && text.length > window.shown.length)
      preview(event.artifact.artifactId, text.slice(window.shown.length));
  }
}

function textBefore(parts: readonly Part[]): string {
  const end = parts.findIndex(({ text }) => text === undefined);
  return parts
    .slice(0, end === -1 ? undefined : end)
    .map(({ text }) => text)
    .join('');
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** In the run's control, beside the agent's own: the newest message that was looked at. */
const HEARD = 'guardrailsHeard';
