/**
 * What models answered to searches. Every step of a run searches for the same message (`include_context`): it must find the same passages,
 * and the model is paid once.
 *
 * Owns: at most `MAX_ENTRIES` answers, the longest unused goes. Failures are not kept.
 */
export class AnswerCache {
  readonly #answers = new Map<string, unknown>();

  async get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const isKnown = this.#answers.has(key);
    const answer = isKnown ? (this.#answers.get(key) as T) : await ask();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_ENTRIES && oldest !== undefined) this.#answers.delete(oldest);
    return answer;
  }
}

const MAX_ENTRIES = 500;
