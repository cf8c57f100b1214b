import { isIPv6 } from 'node:net'

/**
 * The network that counts as one client: an IPv4 address, or the /64 of an IPv6 one, because a provider
 * gives at least that to a single customer, who could otherwise be 2^64 clients.
 *
 * @returns in the notation of PostgreSQL's `inet`; what is no address stays as it is
 */
export function clientNetwork(ip: string): string {
  const address = ip.split('%')[0]
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]
  if (!isIPv6(address)) return address
  // The URL parser writes an address in its one canonical form, without dotted parts.
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = head ? head.split(':') : []
  if (tail !== undefined) {
    const after = tail ? tail.split(':') : []
    while (groups.length + after.length < 8) groups.push('0')
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}
