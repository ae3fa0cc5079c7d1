/** AGT-40…44. Of agents that are not `remote`, all that may be left out is. */
export interface RemoteAgentSettings {
  /** Where the agent is; its card is looked for below it. */
  readonly url: string | undefined;
  readonly agentCardUrl: string | undefined;
  /** Relative paths start at the working directory. */
  readonly agentCardFile: string | undefined;
  /** Of every request to it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: RemoteCredentials | undefined;
  /** For its card and for answers. Default 30,000. */
  readonly timeoutMs: number;
  /** A stream that is silent for so long is opened anew. Default 60,000. */
  readonly idleTimeoutMs: number;
  /** How long it may be out of reach before the run fails. Default 60,000. */
  readonly maxOutageMs: number;
  /** Host names, addresses and networks where it may be although they are not public; `*` = anywhere. */
  readonly allowPrivate: readonly string[];
  /** What becomes of a message whose arrival nobody knows of (R7). Default `idempotent`. */
  readonly effect: 'idempotent' | 'once';
}

/** AGT-44; what its `type` does not use is ''. */
export interface RemoteCredentials {
  readonly type: 'bearer' | 'api_key' | 'basic';
  readonly token: string;
  readonly apiKey: string;
  /** Default `X-API-Key`. */
  readonly apiKeyHeader: string;
  readonly username: string;
  readonly password: string;
}
