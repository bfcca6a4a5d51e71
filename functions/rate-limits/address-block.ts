import { isIPv4, isIPv6 } from 'node:net';

/** The eight 16-bit groups of an IPv6 address; a dotted IPv4 suffix is two of them. */
const groupsOf = (address: string): number[] => {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hexadecimal.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const [first, last] = [parse(head), parse(tail ?? '')];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
};

/**
 * The block of addresses that rate limits count as one. For IPv4, mapped to IPv6 (`::ffff:a.b.c.d`) or not, it is the
 * address itself. For IPv6 it is the /64, the smallest network that a provider assigns to a customer, who is free to use
 * any address in it (RFC 6177, RFC 8981).
 *
 * @param address as API Gateway writes it; a zone (`%eth0`) is ignored
 * @returns a canonical text: all spellings of an address give the same
 */
export const addressBlock = (address: string): string => {
  const plain = address.trim().toLowerCase().replace(/%.*$/, '');
  if (isIPv4(plain) || !isIPv6(plain)) return plain;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
};
