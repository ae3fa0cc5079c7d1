export interface LoadOptions {
  /** JSON-RPC endpoint. */
  readonly url: string;
  /** `send`: blocking SendMessage, timed to the whole answer. `first-token`: SendStreamingMessage, timed to the first artifact. */
  readonly kind: 'send' | 'first-token';
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly text: string;
}
