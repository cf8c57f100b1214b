import type { HttpContext } from '@adonisjs/core/http'
import { Problem, unprocessable } from '#exceptions/problem'
import type { StaffFactor } from '#staff/second_factor'
import { passkeyToUse } from '#staff/passkeys'
import type { factorValidator } from '#validators/console/staff'
import type { Infer } from '@vinejs/vine/types'

/** Where the browser's session keeps what a passkey is to sign. */
const CHALLENGE = 'passkey_challenge'
const CHALLENGE_MINUTES = 10

/** Keeps a challenge for the next answer of a passkey. */
export function keepChallenge({ session }: HttpContext, challenge: string): void {
  session.put(CHALLENGE, { challenge, until: Date.now() + CHALLENGE_MINUTES * 60_000 })
}

/** The challenge that was kept, once. @throws Problem 422 when there is none, or it is too old */
export function takeChallenge({ session }: HttpContext): string {
  const kept = session.pull(CHALLENGE)
  if (!kept || kept.until < Date.now()) {
    throw unprocessable('passkey', 'challenge', 'That took too long. Try again.')
  }
  return kept.challenge
}

/** What the form for a second factor needs: the options of a passkey for who has one. */
export async function offerFactors(ctx: HttpContext, staffId: string) {
  const options = await passkeyToUse(staffId)
  if (options.allowCredentials?.length === 0) return { passkey: undefined }
  keepChallenge(ctx, options.challenge)
  return { passkey: JSON.stringify(options) }
}

/** The factor that a form was filled in with. @throws Problem 422 unless it is exactly one */
export function givenFactor(
  ctx: HttpContext,
  { code, recovery_code: recoveryCode, passkey }: Infer<typeof factorValidator>
): StaffFactor {
  const given = [code, recoveryCode, passkey].filter((each) => each !== undefined)
  if (given.length !== 1) {
    throw unprocessable('code', 'one_of', 'Give a code, a recovery code or a passkey: one of them.')
  }
  if (passkey !== undefined) {
    return { passkey: readPasskey(passkey), challenge: takeChallenge(ctx) }
  }
  return code === undefined ? { recoveryCode: recoveryCode! } : { code }
}

/** What a browser says a passkey has answered. What is in it, its verification finds out. */
export function readPasskey(json: string): any {
  try {
    const read = JSON.parse(json)
    if (typeof read?.id === 'string' && typeof read.response === 'object') return read
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Problem('The browser sent no passkey. Try again.', {
    code: 'invalid_passkey',
    status: 422,
  })
}
