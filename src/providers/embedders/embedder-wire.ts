import type { EmbedderSettings } from '../../config/settings.js';
import type { EmbedPurpose } from './contract.js';

/** One service's protocol: what an adapter makes of its settings. */
export interface EmbedderWire {
  readonly baseUrl: string;
  /** The service wants a key; the variable that would supply it. */
  readonly wantsKey?: string;
  /** Sends one request through `fetch`, which ends with the call. */
  send(texts: readonly string[], purpose: EmbedPurpose, fetch: typeof globalThis.fetch): Promise<WireAnswer>;
  /** Reads the body of a failed answer. `undefined` = it is not this service's. */
  readFailure(status: number, body: unknown): WireFailure | undefined;
}

export interface WireAnswer {
  /** In the order of the texts: numbers, or little-endian 32-bit floats as base64. Not checked yet. */
  readonly vectors: unknown;
  /** `undefined` = not told. */
  readonly tokens: number | undefined;
}

export interface WireFailure {
  readonly message: string;
  /** What it means where the status does not tell. */
  readonly kind?: FailureKind;
}

/** `text_too_long`: one of the texts, for the model. `request_too_large`: all of them together. */
export type FailureKind =
  | 'unauthorized'
  | 'forbidden'
  | 'quota'
  | 'rate'
  | 'text_too_long'
  | 'request_too_large'
  /** No such model, or no such service at this address. */
  | 'unusable'
  | 'unavailable'
  | 'rejected';

export type WireSettings = EmbedderSettings & {
  /** Length that the service is asked for; `undefined` = its own. */
  readonly askedDimension: number | undefined;
};
