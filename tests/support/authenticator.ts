import { setTimeout as sleep } from 'node:timers/promises'
import { URI, type TOTP } from 'otpauth'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { PASSWORD } from '#tests/support/users'

/** An authenticator app: what a person has in their hand. */
export class Authenticator {
  #totp: TOTP

  constructor(url: string) {
    this.#totp = URI.parse(url) as TOTP
  }

  /** What it shows, now or so many steps of half a minute from now. */
  code(steps = 0): string {
    return this.#totp.generate({ timestamp: Date.now() + steps * 30_000 })
  }

  /** A code that it does not show around now. */
  wrongCode(): string {
    const good = [-2, -1, 0, 1, 2].map((steps) => this.code(steps))
    let wrong = 0
    while (good.includes(String(wrong).padStart(6, '0'))) wrong++
    return String(wrong).padStart(6, '0')
  }
}

/**
 * Gives a user an authenticator app, through the API. The code of the step before now is used up by it, and
 * the one that the app shows is not.
 *
 * @returns the app, and the recovery codes
 */
export async function withAuthenticator(user: User, password: string | null = PASSWORD) {
  await timeInStep()
  const enrollment = expectData(
    await api(user).post('auth/mfa/enroll', { ...(password !== null && { password }) }),
    201
  )
  const app = new Authenticator(enrollment.otpauth_url)
  const { recovery_codes: recoveryCodes } = expectData(
    await api(user).post('auth/mfa/confirm', { code: app.code(-1) })
  )
  return { app, recoveryCodes: recoveryCodes as string[] }
}

/** So that what a test calls the code before or after now is still so when the server sees it. */
async function timeInStep(): Promise<void> {
  const left = 30_000 - (Date.now() % 30_000)
  if (left < 4000) await sleep(left)
}
