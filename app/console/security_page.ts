import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { setting } from '#escrow/settings'

/** How somebody signs in, and where they are signed in: five queries. */
export async function readSecurity(db: QueryClientContract, staffId: string) {
  const idle = await setting(db, 'console_idle_minutes')
  const [sessions, passkeys, codes, app] = await Promise.all([
    db
      .from('staff_sessions')
      .where('staff_id', staffId)
      .whereNull('ended_at')
      .whereRaw('expires_at > now() AND last_seen_at > now() - make_interval(mins => ?)', [idle])
      .orderBy('id', 'desc'),
    db.from('staff_passkeys').where('staff_id', staffId).orderBy('id'),
    db
      .from('staff_recovery_codes')
      .where('staff_id', staffId)
      .whereNull('used_at')
      .count('* AS unused')
      .firstOrFail(),
    db.from('staff_authenticators').where('staff_id', staffId).select('confirmed_at').first(),
  ])
  return {
    idle,
    appSince: app?.confirmed_at ?? null,
    sessions,
    passkeys,
    recoveryCodesLeft: Number(codes.unused),
  }
}
