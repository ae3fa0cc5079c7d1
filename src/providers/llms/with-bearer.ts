/** A `fetch` that sends this key and no other: some SDKs add one from the environment by themselves. '' = none is sent. */
export function withBearer(fetch: typeof globalThis.fetch, apiKey: string): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    if (apiKey === '') headers.delete('authorization');
    else headers.set('authorization', `Bearer ${apiKey}`);
    return fetch(input, { ...init, headers });
  };
}
