import { randomBytes } from 'node:crypto'
import { hashToken } from '#identity/opaque_tokens'

const HOW_MANY = 10

/** Crockford's alphabet: no letter that passes for a digit. 32 of them, so that a byte picks evenly. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A set of recovery codes in clear: 24 characters each in groups of four. Their 120 random bits cannot be guessed
 * from a plain hash either.
 */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: HOW_MANY }, newCode)
}

function newCode(): string {
  const characters = Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length])
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** What is stored of one, however it is typed: with dashes or blanks or without, in capitals or not. */
export function hashRecoveryCode(code: string): string {
  return hashToken(code.toLowerCase().replace(/[\s-]/g, ''))
}
