/*
 * The colour scheme that somebody has chosen at the console. Its script writes the cookie and the server reads it:
 * nothing is imported here, so that both can have it.
 */

export const SCHEME_COOKIE = 'console_scheme'
export const SCHEME_DAYS = 365
