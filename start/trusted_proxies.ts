import { BlockList, isIP } from 'node:net'
import { Exception } from '@adonisjs/core/exceptions'

/** Names for ranges that proxies are often in. */
const RANGES: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/**
 * Reads a comma-separated list of addresses, CIDR ranges and names of ranges.
 *
 * @returns whether an address is one of these, that is, whether its word on who called it counts
 * @throws Exception E_TRUSTED_PROXIES naming what is none of that
 */
export function trustedProxies(text: string): (address: string) => boolean {
  const trusted = new BlockList()
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  for (const range of entries.flatMap((entry) => RANGES[entry] ?? [entry])) {
    const [, network, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? []
    const longest = isIP(network ?? '') === 6 ? 128 : 32
    const length = Number(bits ?? longest)
    // A length of 0 would believe everybody, that is, let every client choose its address.
    if (!network || !isIP(network) || length < 1 || length > longest) {
      throw new Exception(
        `TRUSTED_PROXIES must list addresses, ranges such as 10.0.0.0/8, or ${Object.keys(RANGES).join(', ')}: "${range}" is none of these.`,
        { code: 'E_TRUSTED_PROXIES' }
      )
    }
    trusted.addSubnet(network, length, family(network))
  }
  return (address) => {
    const plain = plainAddress(address)
    return plain !== undefined && trusted.check(plain, family(plain))
  }
}

/**
 * An address as one: some proxies write its port behind it, and IPv4 may come as IPv6.
 *
 * @returns undefined for what is no address
 */
export function plainAddress(text: string | undefined): string | undefined {
  if (!text) return undefined
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? /^\[(.+)\](?::\d+)?$/.exec(text)
  const address = (withPort?.[1] ?? text).split('%')[0]
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  const plain = mapped?.[1] ?? address
  return isIP(plain) ? plain : undefined
}
