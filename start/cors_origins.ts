import { Exception } from '@adonisjs/core/exceptions'

/**
 * Reads a comma-separated list of origins, as browsers send them: scheme, host and port, no more.
 *
 * @throws Exception E_CORS_ORIGINS naming what is none: a pattern or a path would never match
 */
export function readOrigins(text: string): string[] {
  const origins = text
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean)
  for (const origin of origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (/^https?:$/.test(url?.protocol ?? '') && url?.origin === origin && !origin.includes('*')) {
      continue
    }
    throw new Exception(
      `CORS_ORIGINS must list origins such as https://app.example.com, each in full and without a path: "${origin}" is none.`,
      { code: 'E_CORS_ORIGINS' }
    )
  }
  return origins
}
