/** What a step puts out, as the rules leave it (GRD-07, GRD-08, GRD-11): pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Artifact, Message, Part } from '../../protocol/a2a.js';
import type { SessionMessage, SessionPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { StepOutcome } from '../agent.js';
import { mapTexts, WITHHELD } from './guard-value.js';
import { redactTexts } from './redact-text.js';
import type { TextRule, Violation } from './text-rule.js';

export interface OutputGuardOptions {
  readonly rules: readonly TextRule[];
  readonly isFailFast: boolean;
  /** `agents.<name>.output_key`: where the answer is kept, too. */
  readonly outputKey: string | undefined;
}

export interface GuardedOutput {
  /** Not to be used when it is blocked. */
  readonly outcome: StepOutcome;
  readonly violations: readonly Violation[];
  readonly isBlocked: boolean;
}

export function guardOutcome(outcome: StepOutcome, { rules, isFailFast, outputKey }: OutputGuardOptions): GuardedOutput {
  const shown = new OutputPass(rules, isFailFast);
  const events = outcome.events.map((event) => shown.event(event));
  const status =
    'statusMessage' in outcome && outcome.statusMessage !== undefined
      ? { statusMessage: shown.message(outcome.statusMessage, outcome.type) }
      : {};
  const prompt = 'statusMetadata' in outcome ? outcome.statusMetadata?.['input_prompt'] : undefined;
  const metadata =
    typeof prompt === 'string' && 'statusMetadata' in outcome
      ? { ...outcome.statusMetadata, input_prompt: shown.prompt(prompt) }
      : undefined;
  // What is kept says the same once more, and is not counted again.
  const kept = new OutputPass(rules, isFailFast);
  const messages = outcome.messages.map((message) => (message.role === 'agent' ? kept.sessionMessage(message) : message));
  const { sessionState } = outcome;
  const answer = outputKey === undefined ? undefined : sessionState?.[outputKey];
  const state =
    outputKey === undefined || answer === undefined
      ? {}
      : { sessionState: { ...sessionState, [outputKey]: kept.value(answer as JsonValue) } };
  return {
    outcome: {
      ...outcome,
      events,
      messages,
      ...status,
      ...(metadata === undefined ? {} : { statusMetadata: metadata }),
      ...state,
    } as StepOutcome,
    violations: shown.violations.length > 0 ? shown.violations : kept.isBlocked ? kept.violations : [],
    isBlocked: shown.isBlocked || kept.isBlocked,
  };
}

/** One walk over something: every rule that was broken is told once. */
class OutputPass {
  readonly #rules: readonly TextRule[];
  readonly #personal: readonly TextRule[];
  readonly #isFailFast: boolean;
  readonly #violations = new Map<string, Violation>();
  isBlocked = false;

  constructor(rules: readonly TextRule[], isFailFast: boolean) {
    this.#rules = rules;
    this.#personal = rules.filter(({ name, action }) => name === 'output.pii' && action === 'modify');
    this.#isFailFast = isFailFast;
  }

  get violations(): readonly Violation[] {
    return [...this.#violations.values()];
  }

  event(event: TaskEventBody): TaskEventBody {
    if (event.type === 'artifact.updated') return { ...event, artifact: this.#artifact(event.artifact) };
    if (event.type !== 'status.changed') return event;
    const { status, metadata } = event;
    return {
      ...event,
      status: status.message === undefined ? status : { ...status, message: this.message(status.message, 'continue') },
      ...(metadata === undefined ? {} : { metadata: this.#aside(metadata) }),
    };
  }

  /** Of a question its data tell of calls: what a rule blocks there is left out. */
  message(message: Message, type: StepOutcome['type']): Message {
    if (type !== 'wait') return { ...message, parts: this.#parts(message.parts, false, false) };
    const parts = message.parts.map((part) => (part.text === undefined ? part : { ...part, text: this.prompt(part.text) }));
    return { ...message, parts: this.#parts(parts, true, false) };
  }

  /** A question, with what of the call fits into it. */
  prompt(text: string): string {
    return this.#cut(text, false);
  }

  text(text: string): string {
    return this.#texts([text])[0] as string;
  }

  value(value: JsonValue): JsonValue {
    return mapTexts(value, (text) => this.text(text));
  }

  /** Calls stay as they are, since they are about to be made, and thoughts, since their signatures hold them together. */
  sessionMessage(message: SessionMessage): SessionMessage {
    const texts = this.#texts(message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).values();
    return {
      ...message,
      parts: message.parts.map((part): SessionPart => {
        if (part.type === 'text') return { ...part, text: texts.next().value ?? '' };
        if (part.type === 'data') return { ...part, data: this.value(part.data) };
        return part.type === 'file' && part.raw !== undefined ? { ...part, raw: this.#raw(part.raw, part.mediaType, false) } : part;
      }),
    };
  }

  #artifact(artifact: Artifact): Artifact {
    // What tools put out is not what the agent says: what a rule blocks there is left out, and the run goes on.
    const isOfTool = TOOL_ARTIFACT.test(artifact.artifactId);
    const { description, metadata } = artifact;
    return {
      ...artifact,
      parts: this.#parts(artifact.parts, isOfTool, isOfTool),
      ...(description === undefined ? {} : { description: this.#texts([description], isOfTool)[0] as string }),
      ...(metadata === undefined ? {} : { metadata: this.#aside(metadata) }),
    };
  }

  #parts(parts: readonly Part[], withholdsData: boolean, withholdsText: boolean): readonly Part[] {
    const guarded: Part[] = [];
    for (let at = 0; at < parts.length; ) {
      const part = parts[at] as Part;
      const end = part.text === undefined ? at + 1 : endOfTexts(parts, at);
      if (part.text === undefined) guarded.push(this.#part(part, withholdsData));
      else {
        const run = parts.slice(at, end);
        const texts = this.#texts(
          run.map(({ text = '' }) => text),
          withholdsText,
        );
        guarded.push(...run.map((own, index) => this.#withMetadata({ ...own, text: texts[index] as string })));
      }
      at = end;
    }
    return guarded;
  }

  #part(part: Part, withholds: boolean): Part {
    const own = this.#withMetadata(part);
    if (own.raw !== undefined) return { ...own, raw: this.#raw(own.raw, own.mediaType, withholds) };
    const { data } = own;
    if (data === undefined) return own;
    const isCall = isJsonObject(data) && (data['type'] === 'tool_use' || data['type'] === 'tool_result');
    const areSources = isJsonObject(data) && Array.isArray(data['sources']);
    if (!isCall && !areSources && !withholds) return { ...own, data: this.value(data) };
    return { ...own, data: mapTexts(data, (text) => this.#withheld(text), OWN_KEYS) };
  }

  #withheld(text: string): string {
    return this.#cut(text, true);
  }

  /** What was cut for people may have been cut in the middle of something. */
  #cut(text: string, withholds: boolean): string {
    const pieces = text.split(CUT);
    return pieces
      .map((piece, index) => (index % 2 === 1 ? piece : (this.#texts([piece], withholds, index < pieces.length - 1)[0] as string)))
      .join('');
  }

  #raw(raw: string, mediaType: string | undefined, withholds: boolean): string {
    if (!TEXT_TYPE.test(mediaType ?? '')) return raw;
    const text = Buffer.from(raw, 'base64').toString('utf8');
    const guarded = this.#texts([text], withholds)[0] as string;
    return guarded === text ? raw : Buffer.from(guarded).toString('base64');
  }

  #withMetadata(part: Part): Part {
    return part.metadata === undefined ? part : { ...part, metadata: this.#aside(part.metadata) };
  }

  /** What stands beside: data of people have no place there, and words of ours are no words of the agent. */
  #aside(metadata: JsonObject): JsonObject {
    if (this.#personal.length === 0) return metadata;
    const redact = (text: string) => redactTexts([text], this.#personal).texts[0] as string;
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        key.startsWith('hector:') || value === undefined ? value : mapTexts(value, redact, OWN_KEYS),
      ]),
    ) as JsonObject;
  }

  #texts(texts: readonly string[], withholds = false, isCut = false): readonly string[] {
    const redacted = redactTexts(texts, this.#rules, { isFailFast: this.#isFailFast, isCut });
    for (const violation of redacted.violations) this.#violations.set(`${violation.rule} ${violation.action}`, violation);
    if (!redacted.isBlocked) return redacted.texts;
    if (!withholds) this.isBlocked = true;
    return texts.map((_, index) => (index === 0 ? WITHHELD : ''));
  }
}

function endOfTexts(parts: readonly Part[], start: number): number {
  const end = parts.findIndex((part, index) => index > start && part.text === undefined);
  return end === -1 ? parts.length : end;
}

/** `tool-progress.ts`, `describe-output.ts` */
const TOOL_ARTIFACT = /^(?:tool|artifact):/;
const CUT = /(… \[\d{1,15} characters\])/;
const TEXT_TYPE = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|javascript)|image\/svg)/i;
/** Of data that we make: names and ids, by which programs find what is meant. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  ...['type', 'id', 'tool_call_id', 'tool_name', 'name', 'agent', 'agent_id', 'branch', 'task_id', 'context_id', 'arguments_hash'],
  ...['idempotency_key', 'started_at', 'expires_at', 'options', 'documentId', 'store', 'status', 'media_type'],
]);
