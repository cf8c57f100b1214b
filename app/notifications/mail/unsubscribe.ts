import { createHmac, timingSafeEqual } from 'node:crypto'
import { validate as isUuid } from 'uuid'
import { appKey } from '#config/app'
import { unprocessable } from '#exceptions/problem'
import User from '#models/user'
import type { OptionalCategory } from '#notifications/catalogue'
import { isOptional, savePreferences } from '#notifications/preferences'

/**
 * What a mail carries so that its reader can stop more of its kind without signing in (RFC 8058). It can
 * do nothing else, says nothing that the reader does not know, and does not expire: old mails are what
 * people unsubscribe from.
 */
export function unsubscribeToken(userId: string, category: OptionalCategory): string {
  return `${userId}.${category}.${sign(userId, category)}`
}

/**
 * Stops mails of the category that the token is for.
 *
 * @throws Problem 422 for a token that we did not make, or whose user is gone
 */
export async function unsubscribe(token: string): Promise<OptionalCategory> {
  const [userId, category, signature] = token.split('.')
  const isOurs =
    isUuid(userId) &&
    isOptional(category) &&
    isSame(signature ?? '', sign(userId, category)) &&
    (await User.find(userId))
  if (!isOurs) {
    throw unprocessable(
      'token',
      'unsubscribe_token',
      'This link is not valid. Sign in to choose which e-mails you get.'
    )
  }
  await savePreferences(userId, { [category]: false })
  return category
}

function sign(userId: string, category: string): string {
  return createHmac('sha256', appKey.release())
    .update(`unsubscribe:${userId}:${category}`)
    .digest('base64url')
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
