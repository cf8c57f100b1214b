import { isIPv6 } from 'node:net'

/**
 * The network that counts as one client: an IPv4 address, or the /64 of an IPv6 one, because a provider
 * gives at least that to a single customer, who could otherwise be 2^64 clients.
 *
 * @param ip as `request.ip()` has it
 * @returns in the notation of PostgreSQL's `inet`
 */
export function clientNetwork(ip: string): string {
  if (!isIPv6(ip)) return ip
  // The URL parser writes an address in its one canonical form, without dotted parts.
  const [head, tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::')
  const groups = head ? head.split(':') : []
  const after = tail ? tail.split(':') : []
  while (groups.length + after.length < 8) groups.push('0')
  return `${[...groups, ...after].slice(0, 4).join(':')}::/64`
}
