import env from '#start/env'

/**
 * An address of the frontend with a token for it. The token is in the fragment, which browsers send to
 * no server: it stays out of access logs and `Referer` headers, and no mail scanner can use it up.
 */
export function frontendLink(path: string, token: string): string {
  return frontendAddress(path, { token })
}

/** The same with anything else in the fragment. */
export function frontendAddress(path: string, fragment: Record<string, string>): string {
  const link = new URL(path, env.get('FRONTEND_URL') ?? env.get('APP_URL'))
  link.hash = new URLSearchParams(fragment).toString()
  return link.href
}
