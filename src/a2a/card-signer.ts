/**
 * Signs agent cards (8.4): JWS over the canonical card, one signature per key (G1–G7).
 *
 * Owns: the keys, parsed once, and the signatures made, so that a card is signed once and not per request.
 * Does not own: which keys, nor that they fit (`config/check-cards.ts` has seen them).
 */
import type { JWSHeaderParameters } from 'jose';
import { AppError } from '../base/errors.js';
import { canonicalizeJson } from '../base/jcs.js';
import { findEmpty } from '../config/check-cards.js';
import { formatPath } from '../config/path.js';
import type { SigningKeySettings } from '../config/settings.js';
import { parseSigningKey } from '../config/signing-key.js';
import type { AgentCard, AgentCardSignature } from '../protocol/a2a.js';

/** Cards whose signatures are kept; beyond, the one signed first is forgotten and signed anew when it is wanted. */
const MAX_SIGNED_CARDS = 1000;

export class CardSigner {
  readonly #keys: readonly { readonly header: JWSHeaderParameters; readonly key: ReturnType<typeof parseSigningKey> }[];
  /** By the canonical card. */
  readonly #signed = new Map<string, Promise<readonly AgentCardSignature[]>>();

  constructor(keys: readonly SigningKeySettings[]) {
    this.#keys = keys.map(({ kid, alg, privateKey, jku }) => ({
      // G5
      header: { alg, kid, typ: 'JOSE', ...(jku === undefined ? {} : { jku }) },
      key: parseSigningKey(privateKey, alg),
    }));
  }

  /** The card with a signature per key. Without keys: the card. */
  async sign(card: AgentCard): Promise<AgentCard> {
    if (this.#keys.length === 0) return card;
    const { signatures: _signatures, ...content } = card;
    assertSignable(content);
    // G2, G3
    return { ...content, signatures: await this.#getSignatures(canonicalizeJson(content)) };
  }

  #getSignatures(canonical: string): Promise<readonly AgentCardSignature[]> {
    const known = this.#signed.get(canonical);
    if (known !== undefined) return known;
    const payload = new TextEncoder().encode(canonical);
    const signatures = Promise.all(this.#keys.map(({ header, key }) => signWith(payload, header, key)));
    if (this.#signed.size >= MAX_SIGNED_CARDS) this.#signed.delete(this.#signed.keys().next().value as string);
    this.#signed.set(canonical, signatures);
    // A failure is told to whoever waits for it and not kept.
    signatures.catch(() => this.#signed.delete(canonical));
    return signatures;
  }
}

/** G6 */
async function signWith(
  payload: Uint8Array,
  header: JWSHeaderParameters,
  key: ReturnType<typeof parseSigningKey>,
): Promise<AgentCardSignature> {
  // Loaded with the first signature: most configurations have no keys.
  const { FlattenedSign } = await import('jose');
  const { protected: protectedHeader, signature } = await new FlattenedSign(payload).setProtectedHeader(header).sign(key);
  return { protected: protectedHeader as string, signature };
}

/**
 * Verifiers disagree on what is empty (the JavaScript SDK drops it everywhere, 8.4.1 keeps it in REQUIRED fields), so such a card
 * would verify here and fail there: it is not signed at all.
 */
function assertSignable(card: Omit<AgentCard, 'signatures'>): void {
  const empty = findEmpty(card, []);
  if (empty === undefined) return;
  throw new AppError('CARD_NOT_SIGNABLE', { message: `The card of '${card.name}' cannot be signed: ${formatPath(empty)} is empty` });
}
