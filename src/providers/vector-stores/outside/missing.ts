import { hasCode } from '../../../base/errors.js';

/** What a request answers, or `undefined` where its collection is not there. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, 'VECTOR_STORE_COLLECTION_MISSING')) return undefined;
    throw error;
  }
}
