/** How many tokens texts have, before the service has counted them. Learns from what it counted. */
export class TokenEstimate {
  #perByte = FIRST_GUESS;

  of(texts: readonly string[]): number {
    return Math.max(1, Math.ceil(bytesOf(texts) * this.#perByte));
  }

  learn(texts: readonly string[], tokens: number | undefined): void {
    const bytes = bytesOf(texts);
    if (tokens === undefined || tokens <= 0 || bytes === 0) return;
    this.#perByte += (tokens / bytes - this.#perByte) * WEIGHT;
  }
}

export function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** English prose has about four bytes per token. */
const FIRST_GUESS = 0.25;
const WEIGHT = 0.2;
