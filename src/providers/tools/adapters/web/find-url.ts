/** `undefined` when it is none; `URL.parse` came with a later Node than ours. */
export function findUrl(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
