import type { Job } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import mailPasswordChanged from '#jobs/mail_password_changed'
import processInboxEvent from '#jobs/process_inbox_event'
import purgeExpiredSignIns from '#jobs/purge_expired_sign_ins'
import purgeIdempotencyKeys from '#jobs/purge_idempotency_keys'
import reportDeadLetters from '#jobs/report_dead_letters'
import retryStuckInbox from '#jobs/retry_stuck_inbox'
import wakePayouts from '#jobs/wake_payouts'

/** Every job there is. A worker works these and nothing else. */
export const jobs: Job[] = [
  mailLink,
  mailPasswordChanged,
  purgeExpiredSignIns,
  purgeIdempotencyKeys,
  reportDeadLetters,
  processInboxEvent,
  retryStuckInbox,
  wakePayouts,
]
