/** What passes between a simulated client of Redis and its server. */
export interface RedisCommand {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The server's end of a connection. */
export interface ServerConnection {
  readonly channels: Set<string>;
  /** A message of a channel, on its way to the client. */
  push(channel: string, message: string): void;
  /** The server went away. */
  cut(): void;
}

/** A reply that comes later, if ever. */
export class LaterReply {
  constructor(readonly whenReady: (reply: (value: unknown) => void) => void) {}
}
