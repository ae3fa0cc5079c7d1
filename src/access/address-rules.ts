/** Which addresses a request on somebody else's behalf may go to (P10): public ones, and those that the configuration lists. */
import { BlockList, isIP } from 'node:net';

/** True for an address that whoever is outside could reach as well. Anything that is not plainly public is not. */
export function isPublicAddress(address: string): boolean {
  const plain = withoutZone(address);
  switch (isIP(plain)) {
    case 4:
      return !listOf(SPECIAL_V4).check(plain, 'ipv4');
    case 6:
      // All that means something else (mapped and translated IPv4, unique local, link-local, multicast) is outside of 2000::/3.
      return listOf(GLOBAL_V6).check(plain, 'ipv6') && !listOf(SPECIAL_V6).check(plain, 'ipv6');
    default:
      return false;
  }
}

/** What `allow_private` lists: host names, addresses, networks (`10.0.0.0/8`), or `*` for everything. */
export class AddressAllowance {
  readonly #isEverything: boolean;
  readonly #hosts = new Set<string>();
  readonly #networks: BlockList;

  constructor(entries: readonly string[]) {
    this.#isEverything = entries.includes('*');
    this.#networks = listOf(entries.filter((entry) => parseNetwork(entry) !== undefined));
    for (const entry of entries) if (parseNetwork(entry) === undefined) this.#hosts.add(entry.toLowerCase());
  }

  allowsHost(host: string): boolean {
    return this.#isEverything || this.#hosts.has(host.toLowerCase());
  }

  allowsAddress(address: string): boolean {
    const plain = withoutZone(address);
    const family = isIP(plain);
    return this.#isEverything || (family !== 0 && this.#networks.check(plain, family === 4 ? 'ipv4' : 'ipv6'));
  }
}

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An address or a network; `undefined` for anything else, such as a host name. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  const longest = family === 4 ? 32 : 128;
  if (prefix === undefined) return { address, prefix: longest, family: family === 4 ? 'ipv4' : 'ipv6' };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) return undefined;
  return { address, prefix: Number(prefix), family: family === 4 ? 'ipv4' : 'ipv6' };
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] as string;
}

function listOf(networks: readonly string[]): BlockList {
  let list = lists.get(networks);
  if (list === undefined) {
    list = new BlockList();
    for (const network of networks.map(parseNetwork))
      if (network !== undefined) list.addSubnet(network.address, network.prefix, network.family);
    lists.set(networks, list);
  }
  return list;
}

const lists = new WeakMap<readonly string[], BlockList>();

/** IANA's special-purpose registry, multicast, and the one metadata service on a public address (168.63.129.16). */
const SPECIAL_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
const GLOBAL_V6 = ['2000::/3'];
/** Within it: protocol assignments (Teredo too), documentation, 6to4, which carries an IPv4 address, and AS112. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];
