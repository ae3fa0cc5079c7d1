/** What a program that extends Hector sees of a run, and what its code may answer (AGT-70, PRG-14). */
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { Artifact, Message, Part } from '../../protocol/a2a.js';
import type { ToolEffect } from '../../tasks/tool-call.js';

/** A part of a message or an artifact: exactly one of `text`, `raw`, `url`, `data`. `raw` is base64 text, or the bytes themselves. */
export type OutputPart = Omit<Part, 'raw'> & { readonly raw?: string | Uint8Array };

/** Exactly one of both; `text` is short for one text part. */
type Content = { readonly text: string; readonly parts?: never } | { readonly text?: never; readonly parts: readonly OutputPart[] };
type NoContent = { readonly text?: never; readonly parts?: never };

/** Growth of a text artifact: shown at once, committed with the next output that is no text, or at the end. */
export interface TextOutput {
  readonly type: 'text';
  readonly text: string;
  /** Default `response`, the artifact that a plain string grows. */
  readonly artifactId?: string;
}

/** A result, or a part of one. */
export type ArtifactOutput = Content & {
  readonly type: 'artifact';
  /** Unique within the task. An artifact of the same id is replaced, or extended with `append`. */
  readonly artifactId: string;
  readonly name?: string;
  readonly description?: string;
  readonly metadata?: JsonObject;
  /** URIs of the extensions that it makes use of. */
  readonly extensions?: readonly string[];
  /** Default false. */
  readonly append?: boolean;
  /** Nothing more comes for this artifact. Default: true unless `append` is given. */
  readonly lastChunk?: boolean;
};

interface Statement {
  /** Metadata of the message. */
  readonly messageMetadata?: JsonObject;
  /** Metadata of the status: of the task too when this ends it, or while it waits. No key may begin with `hector:`. */
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
  readonly referenceTaskIds?: readonly string[];
}

/** Tells how far the work is; the task goes on WORKING. */
export type StatusOutput = Content & Statement & { readonly type: 'status' };

/**
 * The task waits in INPUT_REQUIRED or AUTH_REQUIRED, and this call of the handler ends. The next message to the task calls it again, with
 * `wait` set. That a message came proves nothing about credentials: check them, and yield `auth-required` again if need be (M9).
 */
export type WaitOutput = Content &
  Statement & {
    readonly type: 'input-required' | 'auth-required';
    /** Milliseconds until the wait ends in FAILED; 0 = never. Default: `server.approval.expires_after`. */
    readonly expiresAfterMs?: number;
  };

/**
 * The whole answer is this message; clients get no task (S1, T2). Only as the first and only output of a new task, and
 * only by agents with `directMessages`.
 */
export type MessageOutput = Content & Statement & { readonly type: 'message' };

/** Ends the task in this state. `completed` needs no content. */
export type EndOutput = Statement &
  ((Content & { readonly type: 'completed' | 'failed' | 'rejected' }) | (NoContent & { readonly type: 'completed' }));

/** A string is short for `{ type: 'text', text }`. */
export type Output = string | TextOutput | ArtifactOutput | StatusOutput | WaitOutput | MessageOutput | EndOutput;

/** The answer of a handler that yields nothing; a generator may return one, too. A list is put out in its order. */
// biome-ignore lint/suspicious/noConfusingVoidType: what a generator without a return gives
export type Result = Output | readonly Output[] | undefined | void;

/** A message of the conversation. */
export interface HistoryMessage {
  readonly messageId: string;
  readonly role: 'user' | 'agent';
  /** Metadata of parts only for messages of this task. */
  readonly parts: readonly Part[];
  /** Of this task's messages only. */
  readonly metadata?: JsonObject;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface EffectContext {
  /** The same for every attempt of this effect, and for no other: hand it to whatever can tell a repetition by it. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

export interface AgentContext<State extends object = Record<string, JsonValue | undefined>> {
  /** What is to be answered, as the client sent it: parts, metadata, `referenceTaskIds`, `extensions`. */
  readonly message: Message;
  /** The conversation up to and including `message`, oldest first. */
  readonly history: readonly HistoryMessage[];
  readonly task: {
    readonly id: string;
    readonly contextId: string;
    /** Key in `agents`. */
    readonly agent: string;
    /** Subject of the caller. */
    readonly owner: string;
    /** '' = none. */
    readonly tenant: string;
    /** `metadata` of the request that made the task. */
    readonly metadata: JsonObject;
  };
  /** Media types that the client accepts; empty = any. */
  readonly acceptedOutputModes: readonly string[];
  /**
   * Yours: change it at will. What it holds is committed with each output that is no text, and is what a later call of
   * the handler begins with. JSON, at most 64 KiB. At first `{}`.
   */
  readonly state: Partial<State>;
  /** What earlier calls for this task have put out and committed. */
  readonly artifacts: readonly Artifact[];
  /** The question that `message` answers; `undefined` for the first message of a task. */
  readonly wait: { readonly type: 'input-required' | 'auth-required'; readonly message: Message } | undefined;
  /** Aborted on cancel, on a lost lease, when the process ends, and when this call is over. */
  readonly signal: AbortSignal;
  /**
   * Does something to the world, by its policy (R7):
   * - `pure`: runs whenever it is called; nothing is recorded.
   * - `idempotent`: recorded before and after; after a crash it runs again with the same `idempotencyKey`.
   * - `once`: recorded before and after, begun at most once. If a crash hides how it ended, the task asks somebody (INPUT_REQUIRED:
   *   done, retry or skip), then the handler is called again.
   *
   * The same name in the same task is the same effect: once it has a result, that is returned and `run` is not called.
   * @param name unique within the task, up to 200 characters, e.g. `charge:42`.
   * @returns what `run` returned, as JSON. @throws what `run` threw; of `once`, a later call throws it again.
   */
  call<Value>(name: string, effect: ToolEffect, run: (effect: EffectContext) => Value | Promise<Value>): Promise<Value>;
}

/**
 * An agent in code. Called for each message of a task, and again when a worker took the task over: then with the last committed `state`
 * and `artifacts`. Everything it yields but text is one commit, behind which it will not be taken back.
 */
export type AgentHandler<State extends object = Record<string, JsonValue | undefined>> = (
  context: AgentContext<State>,
) => Result | Promise<Result> | AsyncGenerator<Output, Result> | Generator<Output, Result>;
