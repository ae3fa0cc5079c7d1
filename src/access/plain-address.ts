/**
 * An IPv4 address that a socket of IPv6 writes as one of its own (`::ffff:1.2.3.4`, or with two hexadecimal groups) as what it is; any other one as
 * it stands. Adapters differ in how they write it, and one caller has one address.
 */
export function plainAddress(address: string): string {
  const rest = /^::ffff:(.+)$/i.exec(address)?.[1];
  if (rest === undefined) return address;
  if (DOTTED.test(rest)) return rest;
  const [, high, low] = GROUPS.exec(rest) ?? [];
  if (high === undefined || low === undefined) return address;
  const bits = [high, low].map((group) => Number.parseInt(group, 16));
  return bits.flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

const DOTTED = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const GROUPS = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;
