import { isJsonObject } from '../../../../base/json.js';
import type { FailureContext, FailureKind } from '../../map-failure.js';

/** Ollama's failures: `{"error": "words"}`. In a stream its SDK throws the words as a plain error. */
export const readOllamaFailure: FailureContext['readFailure'] = ({ status, body, error }) => {
  if (error instanceof Error && error.constructor === Error && error.cause === undefined)
    return { code: '', kind: 'unavailable', message: error.message };
  const words = isJsonObject(body) ? body['error'] : undefined;
  if (typeof words !== 'string') return undefined;
  // It pulls no model by itself.
  const kind: { kind?: FailureKind } = status === 404 ? { kind: 'no_model' } : {};
  return { code: '', message: words, ...kind };
};
