import { list, text } from '../schema-builder.js';

/** `*`; IPv4 or IPv6 with an optional prefix length; or a host name, whose last label is not a number. */
const PLACE =
  '^(\\*|(\\d{1,3}\\.){3}\\d{1,3}(/(3[0-2]|[12]?\\d))?|[0-9a-fA-F.]*:[0-9a-fA-F:.]*(/(12[0-8]|1[01]\\d|[1-9]?\\d))?|([A-Za-z0-9_-]+\\.)*[A-Za-z_-][A-Za-z0-9_-]*)$';

/** A key `allow_private`: what `access/outbound-guard.ts` lets pass (P10, TOOL-18). */
export function privatePlaces(description: string) {
  const place = text('A host name, an address, a network such as 10.0.0.0/8, or * for everything.', {
    pattern: PLACE,
    'x-form': 'a host name, an address, a network such as 10.0.0.0/8, or *',
  });
  return list(place, description, { default: [] });
}
