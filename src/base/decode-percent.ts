/** A part of an address as it is meant; `undefined`: a `%` in it begins no escape, so it means itself and should have been `%25`. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
