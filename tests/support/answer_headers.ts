/** What of its headers an answer lacks, each in a few words; nothing, as it should be. */
export function lackingHeaders(headers: Headers): string[] {
  const has = (name: string) => headers.get(name) ?? ''
  const policy = has('content-security-policy')
  const rules: [name: string, holds: boolean][] = [
    ['x-content-type-options', has('x-content-type-options') === 'nosniff'],
    ['referrer-policy', /^(no-referrer|same-origin)$/.test(has('referrer-policy'))],
    [
      'cross-origin-resource-policy',
      /^(same|cross)-origin$/.test(has('cross-origin-resource-policy')),
    ],
    ['cache-control', has('cache-control') !== ''],
    ['content-type: charset=utf-8', isEncoded(has('content-type'))],
    ["content-security-policy: default-src 'none'", /(^|; ?)default-src 'none'(;|$)/.test(policy)],
    ['content-security-policy: no wildcard', !/unsafe-eval|\*|https?:/.test(policy)],
    ...(isPage(headers) ? rulesForPages(policy, has) : []),
  ]
  return rules.filter(([, holds]) => !holds).map(([name]) => name)
}

/** Text says how it is to be read; JSON and event streams have one way only. */
function isEncoded(type: string): boolean {
  return !/^text\/(?!event-stream)/.test(type) || /; ?charset=utf-8$/i.test(type)
}

export function isPage(headers: Headers): boolean {
  return /html/.test(headers.get('content-type') ?? '')
}

function rulesForPages(
  policy: string,
  has: (name: string) => string
): [name: string, holds: boolean][] {
  const only = (directive: string, values: RegExp) => {
    const [, found] = new RegExp(`(?:^|; ?)${directive} ([^;]+)`).exec(policy) ?? []
    return found === undefined || found.split(' ').every((value) => values.test(value))
  }
  const own = /^('self'|'none'|'nonce-[\w-]{16,}')$/
  return [
    ["style-src 'self'", /(^|; ?)style-src 'self'/.test(policy)],
    ['no source but our own', only('script-src', own) && only('style-src', own)],
    ["base-uri 'none'", /(^|; ?)base-uri 'none'/.test(policy)],
    ['form-action', /(^|; ?)form-action '(self|none)'/.test(policy)],
    ['frame-ancestors', /(^|; ?)frame-ancestors '(self|none)'/.test(policy)],
    ['x-frame-options', /^(DENY|SAMEORIGIN)$/.test(has('x-frame-options'))],
    ['cross-origin-opener-policy', has('cross-origin-opener-policy') === 'same-origin'],
    ['permissions-policy', /camera=\(\), .*usb=\(\)/.test(has('permissions-policy'))],
  ]
}
