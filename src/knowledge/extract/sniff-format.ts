/** Formats that tell by their first bytes, whatever the file is called. */
export type BinaryFormat = 'pdf' | 'zip' | 'ole' | 'image' | 'archive' | 'program' | 'sound';

export function sniffFormat(content: Uint8Array): BinaryFormat | undefined {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 1024)).toString('latin1');
  // Some writers put a few bytes before the mark; in other formats it would be text like any other.
  if (head.startsWith('%PDF-') || (/%PDF-\d\.\d/.test(head) && head.includes('\0'))) return 'pdf';
  return SIGNATURES.find(([, signature]) => head.startsWith(signature))?.[0];
}

const SIGNATURES: readonly (readonly [BinaryFormat, string])[] = [
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['image', '\x89PNG\r\n'],
  ['image', '\xff\xd8\xff'],
  ['image', 'GIF8'],
  ['image', 'II*\0'],
  ['image', 'MM\0*'],
  ['archive', '\x1f\x8b\x08'],
  ['archive', '7z\xbc\xaf\x27\x1c'],
  ['archive', 'Rar!\x1a\x07'],
  ['archive', 'BZh9'],
  ['archive', '\xfd7zXZ\0'],
  ['archive', '\x28\xb5\x2f\xfd'],
  ['program', '\x7fELF'],
  ['program', '\xca\xfe\xba\xbe'],
  ['program', '\0asm'],
  ['sound', 'ID3'],
  ['sound', 'OggS'],
  ['sound', 'RIFF'],
];
