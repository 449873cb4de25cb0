import ipaddr from 'ipaddr.js';

/**
 * What an address is counted by: an IPv4 address by itself, even if it is mapped into IPv6, and an IPv6 address by the
 * network of its first `prefixBits`, because one customer has all addresses of a network.
 */
export function addressKey(address: string | undefined, prefixBits: number): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const plain = new ipaddr.IPv6(parsed.toByteArray()).toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${plain}/${prefixBits}`).toString()}/${prefixBits}`;
}
