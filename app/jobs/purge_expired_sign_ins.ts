import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
import { defineJob } from '#jobs/queue'

const TABLES = [
  'refresh_tokens',
  'sessions',
  'single_use_tokens',
  'email_changes',
  'mfa_challenges',
  'staff_invitations',
  'staff_sessions',
] as const

/** Forgets what can sign nobody in any more; some time later, so that support can still look. */
export default defineJob({
  name: 'purge_expired_sign_ins',
  schedule: '17 3 * * *',
  async handle() {
    const days = await setting(db, 'sign_in_retention_days')
    const over = 'make_interval(days => ?)'
    for (const table of TABLES) {
      await db.from(table).whereRaw(`expires_at < now() - ${over}`, [days]).delete()
    }
    // Its tokens go with it.
    await db.from('sessions').whereRaw(`revoked_at < now() - ${over}`, [days]).delete()
    await db.from('staff_sessions').whereRaw(`ended_at < now() - ${over}`, [days]).delete()
    await db.from('console_sessions').whereRaw('expires_at < now()').delete()
    await db.from('staff_attempts').whereRaw("last_at < now() - interval '2 days'").delete()
    // With the name and address of people who may never have opened an account.
    await db.from('oauth_handovers').whereRaw("expires_at < now() - interval '1 day'").delete()
  },
})
