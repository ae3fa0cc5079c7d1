/** Addresses of pages: how they are written once and the same way, and which may be read. */
import { decodePercent } from '../../../base/decode-percent.js';

/** Without its fragment; `undefined`: nothing that is read over HTTP. */
export function toAddress(text: string, base?: URL): URL | undefined {
  if (text.length > MAX_ADDRESS) return undefined;
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  url.hash = '';
  // Credentials in an address are nobody's to spread.
  url.username = '';
  url.password = '';
  return url.href.length > MAX_ADDRESS ? undefined : url;
}

/** The hosts of the first addresses, with their ports, and what is allowed beside them, with any port. */
export function createHostRule(urls: readonly string[], allowedHosts: readonly string[]): (url: URL) => boolean {
  const hosts = new Set(urls.flatMap((url) => toAddress(url)?.host ?? []));
  const names = new Set(allowedHosts.filter((host) => !host.startsWith('*.')).map((host) => host.toLowerCase()));
  const suffixes = allowedHosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1).toLowerCase());
  return ({ host, hostname }) => hosts.has(host) || names.has(hostname) || suffixes.some((suffix) => hostname.endsWith(suffix));
}

/** By its name, what a link leads to is no text. */
export function looksLikeMedia({ pathname }: URL): boolean {
  return MEDIA.test(pathname);
}

/** With extension where there is one. */
export function pageName({ pathname, hostname }: URL): string {
  const last = pathname.split('/').findLast((part) => part !== '') ?? '';
  return (decodePercent(last) ?? last) || hostname;
}

const MAX_ADDRESS = 2_048;
const MEDIA =
  /\.(avif|bmp|gif|ico|jpe?g|png|svg|tiff?|webp|aac|flac|m4a|mp3|ogg|wav|avi|m4v|mkv|mov|mp4|mpe?g|webm|7z|bz2|dmg|exe|gz|iso|jar|msi|rar|tar|tgz|xz|zip|css|js|mjs|map|woff2?|ttf|otf|eot|wasm)$/i;
