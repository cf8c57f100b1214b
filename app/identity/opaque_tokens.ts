import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits as URL-safe text. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * What is stored of a token, so that who reads the database cannot use it. A plain SHA-256 is
 * enough: unlike a password, 256 random bits cannot be guessed.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
