/** What a service or the network says of a failure, fit for a message: short, without the key, and of the cause that counts. */

/** The service's words as a message may quote them. */
export function quoteService(text: string, apiKey: string): string {
  const clean = apiKey === '' ? text : text.replaceAll(apiKey, '[api key]');
  return clean.length <= MAX_MESSAGE_LENGTH ? clean : `${clean.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

/** SDKs and `fetch` wrap what the network says. */
export function innermostCause(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 4 && current instanceof Error && current.cause instanceof Error; depth++) current = current.cause;
  return current;
}

export function reasonOf(error: unknown): string {
  const reason = innermostCause(error);
  if (!(reason instanceof Error)) return String(reason);
  return reason.message || ((reason as NodeJS.ErrnoException).code ?? reason.name);
}

/** `undefined`: it is no JSON. A proxy in between answers with a page; then status and first line speak. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

const MAX_MESSAGE_LENGTH = 300;
