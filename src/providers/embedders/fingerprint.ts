import { canonicalJson, sha256Hex } from '../../base/json.js';
import type { Embedder } from './contract.js';

/** Vectors with equal fingerprints may be compared. */
export function embedderFingerprint({
  provider,
  model,
  dimension = 'auto',
  variant = '',
}: Pick<Embedder, 'provider' | 'model' | 'variant'> & { readonly dimension: number | 'auto' | undefined }): string {
  return sha256Hex(canonicalJson({ provider, model, dimension, ...(variant === '' ? {} : { variant }) })).slice(0, 16);
}
