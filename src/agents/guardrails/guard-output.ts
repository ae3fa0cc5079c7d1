/** What a step puts out, as the rules leave it (GRD-07, GRD-08, GRD-11): pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Artifact, Message, Part } from '../../protocol/a2a.js';
import type { SessionMessage, SessionPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { StepOutcome } from '../agent.js';
import { isTextType, mapTexts, WITHHELD } from './guard-value.js';
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
    const { metadata } = message;
    const own = { ...message, ...(metadata === undefined ? {} : { metadata: this.#aside(metadata) }) };
    if (type !== 'wait') return { ...own, parts: this.#parts(message.parts, 'agent') };
    const parts = message.parts.map((part) => (part.text === undefined ? part : { ...part, text: this.prompt(part.text) }));
    return { ...own, parts: this.#parts(parts, 'question') };
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
        if (part.type !== 'file') return part;
        const named = this.#named(part);
        return part.raw === undefined ? named : { ...named, raw: this.#raw(part.raw, part.mediaType, false) };
      }),
    };
  }

  #artifact(artifact: Artifact): Artifact {
    // What tools put out is not what the agent says: what a rule blocks there is left out, and the run goes on.
    const isOfTool = TOOL_ARTIFACT.test(artifact.artifactId);
    const { description, metadata } = artifact;
    return {
      ...artifact,
      parts: this.#parts(artifact.parts, isOfTool ? 'tool' : 'agent'),
      ...(description === undefined ? {} : { description: this.#texts([description], isOfTool)[0] as string }),
      ...(metadata === undefined ? {} : { metadata: this.#aside(metadata) }),
    };
  }

  #parts(parts: readonly Part[], origin: Origin): readonly Part[] {
    const guarded: Part[] = [];
    for (let at = 0; at < parts.length; ) {
      const part = parts[at] as Part;
      const end = part.text === undefined ? at + 1 : endOfTexts(parts, at);
      if (part.text === undefined) guarded.push(this.#part(part, origin));
      else {
        const run = parts.slice(at, end);
        const texts = this.#texts(
          run.map(({ text = '' }) => text),
          origin === 'tool',
        );
        guarded.push(...run.map((own, index) => this.#withMetadata({ ...own, text: texts[index] as string })));
      }
      at = end;
    }
    return guarded;
  }

  #part(part: Part, origin: Origin): Part {
    const own = this.#withMetadata(part);
    if (own.raw !== undefined) return { ...own, raw: this.#raw(own.raw, own.mediaType, origin !== 'agent') };
    const { data } = own;
    if (data === undefined) return own;
    // A structured answer that looks like one of ours is none: it says what it is.
    const isRecord = origin !== 'tool' && own.mediaType === undefined && isOurs(data);
    if (origin === 'agent' && !isRecord) return { ...own, data: this.value(data) };
    return { ...own, data: mapTexts(data, (text) => this.#withheld(text), isRecord ? OWN_KEYS : undefined) };
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
    if (!isTextType(mediaType ?? '')) return raw;
    const text = Buffer.from(raw, 'base64').toString('utf8');
    const guarded = this.#texts([text], withholds)[0] as string;
    return guarded === text ? raw : Buffer.from(guarded).toString('base64');
  }

  #withMetadata(part: Part): Part {
    const named = this.#named(part);
    return part.metadata === undefined ? named : { ...named, metadata: this.#aside(part.metadata) };
  }

  #named<P extends { readonly filename?: string }>(part: P): P {
    return part.filename === undefined ? part : { ...part, filename: this.#personalText(part.filename) };
  }

  #personalText(text: string): string {
    return redactTexts([text], this.#personal).texts[0] as string;
  }

  /** What stands beside: data of people have no place there, and words of ours are no words of the agent. */
  #aside(metadata: JsonObject): JsonObject {
    if (this.#personal.length === 0) return metadata;
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        key.startsWith('hector:') || value === undefined ? value : mapTexts(value, (text) => this.#personalText(text)),
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

/** Who says it: what a tool put out, or a question tells of calls, is left out where an answer would be withheld. */
type Origin = 'agent' | 'question' | 'tool';

/** Calls, their results, questions about them (`describe-output.ts`, `ask-somebody.ts`), and sources. */
function isOurs(data: JsonValue): boolean {
  if (!isJsonObject(data)) return false;
  return OWN_TYPES.has(String(data['type'])) || (Array.isArray(data['sources']) && Object.keys(data).length === 1);
}

function endOfTexts(parts: readonly Part[], start: number): number {
  const end = parts.findIndex((part, index) => index > start && part.text === undefined);
  return end === -1 ? parts.length : end;
}

/** `tool-progress.ts`, `describe-output.ts` */
const TOOL_ARTIFACT = /^(?:tool|artifact):/;
const CUT = /(… \[\d{1,15} characters\])/;
const OWN_TYPES: ReadonlySet<string> = new Set(['tool_use', 'tool_result', 'tool_approval_request', 'tool_outcome_request']);
/** Of data that we make: names and ids, by which programs find what is meant. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  ...['type', 'id', 'tool_call_id', 'tool_name', 'name', 'agent', 'agent_id', 'branch', 'task_id', 'context_id', 'arguments_hash'],
  ...['idempotency_key', 'started_at', 'expires_at', 'options', 'documentId', 'store', 'status', 'media_type'],
]);
