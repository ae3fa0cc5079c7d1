/**
 * windows-1252, which the web also means by "latin1" and "iso-8859-1". Not by `TextDecoder`: Node 20.18.3 and later
 * gives control characters for 0x80–0x9f (https://github.com/nodejs/node/issues/56542).
 */
export function decodeWestern(content: Uint8Array): string {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  return text.replace(/[\x80-\x9f]/g, (sign) => SIGNS[sign.charCodeAt(0) - 0x80] as string);
}

/** 0x80–0x9f; the five that stand for nothing stay what they are. */
const SIGNS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
