/** Contract of tools. */
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { FilePart } from '../../tasks/session-message.js';
import type { SessionState, StateDelta } from '../../tasks/session-state.js';
import type { ToolEffect } from '../../tasks/tool-call.js';
import type { ToolDefinition } from '../llms/contract.js';

export interface ToolContext {
  readonly taskId: string;
  readonly contextId: string;
  readonly agent: string;
  readonly owner: string;
  readonly callId: string;
  /** The same for every attempt of this call, and for no other call: hand it to whatever can tell a repetition by it (R7). */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** The session's state as the step began with it (SES-03, TOOL-52). */
  readonly sessionState: SessionState;
  /** What the session's runs have put out, and what this call adds to it (SES-07, TOOL-52). */
  readonly artifacts: ToolArtifacts;
  /** What this agent and this user said to each other in earlier sessions (MEM-05, TOOL-52). */
  readonly memory: ToolMemory;
  /** Shows output as it comes (TOOL-21); never throws, may drop. What counts is the result. */
  progress(text: string): void;
}

export interface ToolArtifacts {
  /** The newest version of each, by name; with what this call has saved. */
  list(): Promise<readonly ToolArtifact[]>;
  /** Default: the newest version. `undefined`: there is none. */
  load(name: string, version?: number): Promise<ToolArtifact | undefined>;
  /**
   * A new version of the artifact of this name. It is there for others, and for clients, with the commit of the step; a call that throws has
   * saved nothing. @throws AppError `TOOL_FAILED` for what no artifact can be.
   */
  save(artifact: ArtifactToSave): void;
}

export interface ToolArtifact {
  readonly name: string;
  /** From 1. */
  readonly version: number;
  readonly description: string | undefined;
  readonly parts: readonly Part[];
  /** Of its text parts. */
  readonly text: string;
}

export interface ArtifactToSave {
  /** Up to 200 characters. */
  readonly name: string;
  readonly description?: string;
  /** All of it as one text. */
  readonly text?: string;
  /** In place of `text`. */
  readonly parts?: readonly Part[];
}

/** What was said in a session, as it was found. */
export interface RememberedMessage {
  readonly sessionId: string;
  readonly contextId: string;
  readonly messageId: string;
  /** `user`, or the agent's key. */
  readonly author: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly content: string;
  /** 0–1, higher is nearer. */
  readonly score: number;
}

export interface MemorySearchOptions {
  /** The run that asks: it finds what its caller and the agent that the caller addressed have said, and nothing else. */
  readonly taskId: string;
  readonly limit: number;
  /** Also of the session that the run belongs to. */
  readonly includesCurrent: boolean;
}

export interface ToolMemory {
  /**
   * The messages that fit best, the nearest first. Default: as many as `agents.<name>.search.max_results`, none of the present session.
   * @throws AppError `TOOL_FAILED` where `agents.<name>.search.enabled` is not set: nothing is kept for the agent then.
   */
  search(
    question: string,
    options?: Partial<Pick<MemorySearchOptions, 'limit' | 'includesCurrent'>>,
  ): Promise<readonly RememberedMessage[]>;
}

export interface ToolResult {
  /** What the model reads. */
  readonly content: string;
  readonly isError?: boolean;
  /** Structured facts for clients (for `search`: the sources), shown as a data part beside the answer. */
  readonly data?: JsonValue;
  /** Images and files that the model may read. */
  readonly files?: readonly FilePart[];
  /** New versions of artifacts of the session, beside those that the context's `artifacts.save` was given. */
  readonly artifacts?: readonly ArtifactToSave[];
  /** Changes of the session's state. */
  readonly sessionState?: StateDelta;
}

export interface Tool extends ToolDefinition {
  /** What repeating a call after a crash means (R7). */
  readonly effect: ToolEffect;
  /** Each call waits for somebody's decision first (TOOL-60). Default false. */
  readonly requiresApproval?: boolean;
  /** `parameters` are somebody else's: what patterns in them demand is left to that side to check. Default false. */
  readonly isForeign?: boolean;
  /** Asks for the decision; `{name}` stands for the argument of that name. Default: a sentence with tool and arguments. */
  readonly approvalPrompt?: string;
  /**
   * Arguments are validated against `parameters` and defaults applied before this is called (TOOL-22). To resolve says that this
   * is what came of the call, also after the signal aborted; a call that stopped for the signal rejects, as nobody knows then.
   */
  execute(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}

/** Tools that are asked for anew in each step, because they come and go (TOOL-53): those of an MCP server. */
export interface Toolset {
  /** Key in `tools`. */
  readonly name: string;
  /**
   * Those there are now, under names that are unique within the set. A server that does not answer costs its tools, not the step:
   * then these are the ones known last, whose calls fail with what is wrong.
   */
  list(signal: AbortSignal): Promise<readonly Tool[]>;
  /** It has never told what tools it has: nobody knows what is missing. */
  readonly isUnknown: boolean;
  /** As it is now; asks nobody. */
  health(): ToolsetHealth;
  close(): Promise<void>;
}

/** For people who look why a server's tools are not there. Times are epoch milliseconds. */
export interface ToolsetHealth {
  readonly name: string;
  /** `idle`: nobody has needed it yet. */
  readonly state: 'idle' | 'connecting' | 'connected' | 'unreachable' | 'closed';
  readonly transport: string;
  /** Name and version as the server says; '' = it has not yet. */
  readonly server: string;
  /** Known now, or known last. */
  readonly tools: number;
  /** What it offers and cannot be used, and why. */
  readonly problems: readonly string[];
  readonly connectedAt?: number;
  readonly failure?: { readonly message: string; readonly at: number; readonly nextTryAt: number };
}
