/** @returns the id of the task, which is over. */
export async function sendOne(url: string): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
  });
  const body = (await response.json()) as { readonly result?: { readonly task?: { readonly id: string } } };
  if (body.result?.task === undefined) throw new Error(`${url} answered ${JSON.stringify(body).slice(0, 200)}`);
  return body.result.task.id;
}
