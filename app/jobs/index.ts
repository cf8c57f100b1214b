import type { Job } from '#jobs/queue'
import autoApproveDue from '#jobs/auto_approve_due'
import backfillInbox from '#jobs/backfill_inbox'
import cancelPayout from '#jobs/cancel_payout'
import decideSilentDisputes from '#jobs/decide_silent_disputes'
import deleteFile from '#jobs/delete_file'
import escalateUnansweredRefunds from '#jobs/escalate_unanswered_refunds'
import mailErased from '#jobs/mail_erased'
import mailExport from '#jobs/mail_export'
import { mailInvitation } from '#jobs/mail_invitation'
import { mailEmailChange } from '#jobs/mail_email_change'
import mailLink from '#jobs/mail_link'
import mailSecurityNotice from '#jobs/mail_security_notice'
import mailStaffNotice from '#jobs/mail_staff_notice'
import { mailNotification } from '#jobs/mail_notification'
import prepareExport from '#jobs/prepare_export'
import processInboxEvent from '#jobs/process_inbox_event'
import purgeExpiredSignIns from '#jobs/purge_expired_sign_ins'
import purgeIdempotencyKeys from '#jobs/purge_idempotency_keys'
import purgePersonalData from '#jobs/purge_personal_data'
import reconcileProviders from '#jobs/reconcile_providers'
import reconcileRail from '#jobs/reconcile_rail'
import recheckRefunds from '#jobs/recheck_refunds'
import refreshRecipients from '#jobs/refresh_recipients'
import remindOfDisputes from '#jobs/remind_of_disputes'
import remindReviewers from '#jobs/remind_reviewers'
import reportDeadLetters from '#jobs/report_dead_letters'
import reportLockOut from '#jobs/report_lock_out'
import replayInbox from '#jobs/replay_inbox'
import retryStuckInbox from '#jobs/retry_stuck_inbox'
import scanDeliverable from '#jobs/scan_deliverable'
import scanEvidence from '#jobs/scan_evidence'
import sealAudit from '#jobs/seal_audit'
import sendDeposit from '#jobs/send_deposit'
import sendPayout from '#jobs/send_payout'
import sendRefund from '#jobs/send_refund'
import settlePending from '#jobs/settle_pending'
import submitChargebackEvidence from '#jobs/submit_chargeback_evidence'
import syncDisputes from '#jobs/sync_disputes'
import tidyFiles from '#jobs/tidy_files'
import verifyAudit from '#jobs/verify_audit'
import wakePayouts from '#jobs/wake_payouts'
import warnOfHoldLimits from '#jobs/warn_of_hold_limits'

/** Every job there is. A worker works these and nothing else. */
export const jobs: Job[] = [
  mailInvitation,
  mailLink,
  mailEmailChange,
  mailSecurityNotice,
  mailStaffNotice,
  mailNotification,
  mailErased,
  mailExport,
  prepareExport,
  purgePersonalData,
  purgeExpiredSignIns,
  purgeIdempotencyKeys,
  deleteFile,
  scanDeliverable,
  scanEvidence,
  tidyFiles,
  reportDeadLetters,
  sealAudit,
  verifyAudit,
  reportLockOut,
  processInboxEvent,
  retryStuckInbox,
  replayInbox,
  backfillInbox,
  recheckRefunds,
  reconcileProviders,
  reconcileRail,
  refreshRecipients,
  wakePayouts,
  warnOfHoldLimits,
  autoApproveDue,
  escalateUnansweredRefunds,
  remindReviewers,
  decideSilentDisputes,
  remindOfDisputes,
  sendDeposit,
  sendPayout,
  cancelPayout,
  sendRefund,
  settlePending,
  syncDisputes,
  submitChargebackEvidence,
]
