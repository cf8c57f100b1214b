import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import app from '@adonisjs/core/services/app'
import { unprocessable } from '#exceptions/problem'

/**
 * The 10,000 passwords of our least length that come up most often in what was stolen elsewhere, in lower case
 * (from the top million of SecLists' `10-million-password-list`, MIT). NIST SP 800-63B, section 3.1.1.2.
 */
const BREACHED = 'resources/breached_passwords.txt.gz'

/** What comes to everybody's mind at this place. Beside it, the address of whose password it is. */
export const WORDS_OF_THIS_PLACE = [
  'safesend',
  'escrow',
  'freelancer',
  'freelance',
  'client',
  'milestone',
  'payout',
  'payment',
  'password',
  'passwort',
  'console',
  'support',
  'finance',
  'admin',
  'welcome',
]

/** So many letters have to be left of a password without such words. */
const OF_THEIR_OWN = 4

let breached: Set<string> | undefined

/**
 * Refuses a new password that somebody would try who knows nothing but the address: for NIST it is length that
 * counts and not composition, as long as nobody guesses it at once.
 *
 * @param email lower case
 * @throws Problem 422, rule `not_email`, `too_obvious` or `breached`
 */
export function assertNotGuessable(password: string, email: string): void {
  const plain = password.normalize('NFKC').toLowerCase()
  if (plain === email) {
    throw refused('not_email', 'The password must not be the e-mail address.')
  }
  if (isObvious(plain, email)) {
    throw refused(
      'too_obvious',
      'The password is little more than words that anybody would try here. Put words of your own together.'
    )
  }
  if (isBreached(plain)) {
    throw refused(
      'breached',
      'This password is on lists of stolen ones, which are tried first. Choose another one.'
    )
  }
}

function isObvious(plain: string, email: string): boolean {
  const ofTheirs = email.split(/[^a-z]+/).filter((part) => part.length >= OF_THEIR_OWN)
  let left = plain
  for (const word of [...WORDS_OF_THIS_PLACE, ...ofTheirs]) left = left.replaceAll(word, '')
  // Somebody who uses none of the words may choose digits only.
  return left !== plain && left.replaceAll(/[^\p{L}]/gu, '').length < OF_THEIR_OWN
}

function isBreached(plain: string): boolean {
  breached ??= new Set(
    gunzipSync(readFileSync(app.makePath(BREACHED)))
      .toString()
      .split('\n')
  )
  return breached.has(plain)
}

const refused = (rule: string, message: string) => unprocessable('password', rule, message)
