const PLAIN = 'application/octet-stream'

/**
 * Under which type a file of somebody is served. What a browser would run in our name if a header were
 * lost on the way (pages, scripts, drawings with scripts in them) has none of its own.
 */
export function servedType(type: string | undefined): string {
  if (!type || !/^[a-z]+\/[a-z0-9.+-]+$/.test(type)) return PLAIN
  return /html|xml|svg|script|multipart|message/.test(type) ? PLAIN : type
}
