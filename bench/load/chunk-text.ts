/** A chunk as models stream them, some 20 characters. */
export function chunkText(index: number): string {
  return `word number ${index} and `;
}
