/** Values as the server reads them: texts, and buffers for bytes. */
export function toParameter(value: unknown): string | Buffer | null {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return toArray(value);
  if (ArrayBuffer.isView(value)) return toBuffer(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function toArray(values: readonly unknown[]): string {
  let text = '{';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ',';
    text += toElement(values[index]);
  }
  return `${text}}`;
}

function toElement(value: unknown): string {
  if (typeof value === 'string') return `"${ESCAPED.test(value) ? value.replace(ESCAPED_ALL, '\\$&') : value}"`;
  if (value === null || value === undefined) return 'NULL';
  if (ArrayBuffer.isView(value)) return `"\\\\x${toBuffer(value).toString('hex')}"`;
  return String(value);
}

function toBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

const ESCAPED = /["\\]/;
const ESCAPED_ALL = /["\\]/g;
