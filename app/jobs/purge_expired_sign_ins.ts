import db from '@adonisjs/lucid/services/db'
import { defineJob } from '#jobs/queue'

const TABLES = [
  'refresh_tokens',
  'sessions',
  'single_use_tokens',
  'email_changes',
  'mfa_challenges',
  'oauth_handovers',
]

/** Forgets what can sign nobody in any more; a month later, so that support can still look. */
export default defineJob({
  name: 'purge_expired_sign_ins',
  schedule: '17 3 * * *',
  async handle() {
    for (const table of TABLES) {
      await db.from(table).whereRaw("expires_at < now() - interval '30 days'").delete()
    }
  },
})
