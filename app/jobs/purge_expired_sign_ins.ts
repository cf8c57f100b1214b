import db from '@adonisjs/lucid/services/db'
import { defineJob } from '#jobs/queue'

/** How long what can sign nobody in any more is kept, so that support can still look. */
const KEPT = {
  refresh_tokens: '30 days',
  sessions: '30 days',
  single_use_tokens: '30 days',
  email_changes: '30 days',
  mfa_challenges: '30 days',
  // With the name and address of people who may never have opened an account.
  oauth_handovers: '1 day',
}

/** Forgets what can sign nobody in any more. */
export default defineJob({
  name: 'purge_expired_sign_ins',
  schedule: '17 3 * * *',
  async handle() {
    for (const [table, kept] of Object.entries(KEPT)) {
      await db.from(table).whereRaw('expires_at < now() - ?::interval', [kept]).delete()
    }
  },
})
