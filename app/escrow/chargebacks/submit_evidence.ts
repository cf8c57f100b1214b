import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { ProviderFailure, providerKey } from '#payments/provider'
import { providerOfRail } from '#payments/registry'
import type Chargeback from '#models/chargeback'
import { setting } from '#escrow/settings'
import { compileEvidence, type StoredEvidence } from '#escrow/chargebacks/evidence'
import { findChargeback, lockChargeback } from '#escrow/chargebacks/find_chargeback'
import { observeDispute } from '#escrow/chargebacks/observe_dispute'

/**
 * - submitted: the provider has it, since now or since before
 * - not_wanted: the dispute takes none (any more)
 * - nothing_to_say: we hold nothing that speaks for a delivery; staff have to look
 * - refused: the provider does not take it; the chargeback says why
 * - unknown: it may have arrived; the same is sent again
 */
export type EvidenceOutcome = 'submitted' | 'not_wanted' | 'nothing_to_say' | 'refused' | 'unknown'

/**
 * Sends what we hold to whoever decides a dispute. What is sent is compiled and stored first, and sent
 * again as it is until there is an answer: most banks take evidence once. Safe to repeat at any time.
 *
 * @param act who sends it; the schedule is nobody
 * @throws Problem 404 if there is no such chargeback
 */
export async function submitChargebackEvidence(id: string, act?: Act): Promise<EvidenceOutcome> {
  const found = await findChargeback(id)
  const provider = providerOfRail(found.rail)
  // As it is now: evidence may have been submitted by hand, or the dispute be decided.
  await observeDispute(provider, () => provider.getDispute(found.providerDisputeId))
  const begun = await begin(found, act)
  if (typeof begun === 'string') return begun
  const { chargeback, evidence } = begun
  const { serviceDate, ...rest } = evidence
  try {
    const key = providerKey(chargeback.id, chargeback.evidenceAttempt, 'evidence')
    const date = serviceDate === undefined ? undefined : new Date(serviceDate)
    await observeDispute(provider, () =>
      provider.submitEvidence(chargeback.providerDisputeId, { key, serviceDate: date, ...rest })
    )
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    return recordFailure(chargeback, failure)
  }
  const now = await findChargeback(id)
  return now.evidenceSubmittedAt ? 'submitted' : 'unknown'
}

async function begin(
  found: Chargeback,
  act?: Act
): Promise<EvidenceOutcome | { chargeback: Chargeback; evidence: StoredEvidence }> {
  return inTransaction(async (trx) => {
    const locked = await lockChargeback(trx, found)
    const { chargeback } = locked
    if (chargeback.evidenceSubmittedAt) return 'submitted'
    if (!chargeback.evidenceDueBy || chargeback.isDecided) return 'not_wanted'
    const evidence = chargeback.evidence ?? (await compileEvidence(locked))
    if (!evidence) {
      if (!chargeback.evidenceMissingAt) {
        await trx
          .from('chargebacks')
          .where('id', chargeback.id)
          .update({ evidence_missing_at: db.raw('now()') })
      }
      return 'nothing_to_say'
    }
    await trx
      .from('chargebacks')
      .where('id', chargeback.id)
      .update({
        evidence: JSON.stringify(evidence),
        evidence_sent_at: db.raw('coalesce(evidence_sent_at, now())'),
        evidence_failure: '',
      })
    if (act) {
      await recordAudit(trx, {
        ...act,
        action: 'chargeback.evidence_sent',
        target: { type: 'transaction', id: chargeback.depositId },
        after: { chargeback_id: chargeback.id, attempt: chargeback.evidenceAttempt },
      })
    }
    return { chargeback, evidence }
  })
}

/** A refusal ends the attempt: the next one is compiled anew, and has a key of its own. */
async function recordFailure(
  chargeback: Chargeback,
  { kind, code, message }: ProviderFailure
): Promise<EvidenceOutcome> {
  logger[kind === 'declined' ? 'error' : 'warn'](
    { chargebackId: chargeback.id, kind, code },
    'evidence was not taken'
  )
  if (kind !== 'declined') return 'unknown'
  await db
    .from('chargebacks')
    .where('id', chargeback.id)
    .where('evidence_attempt', chargeback.evidenceAttempt)
    .whereNull('evidence_submitted_at')
    .update({
      evidence: null,
      evidence_sent_at: null,
      evidence_attempt: db.raw('evidence_attempt + 1'),
      evidence_failure: `${code}: ${message}`.slice(0, 500),
    })
  return 'refused'
}

/**
 * Submits what is due within `evidence_lead_hours`: late, so that everything said until then is in it, but
 * with time for a person to step in. One that was refused is left to people.
 *
 * @returns what became of each
 */
export async function submitDueEvidence(
  signal?: AbortSignal
): Promise<{ id: string; outcome: EvidenceOutcome | 'failed' }[]> {
  const hours = await setting(db, 'evidence_lead_hours')
  const due = await db
    .from('chargebacks')
    .whereNull('closed_at')
    .whereNull('evidence_submitted_at')
    .where('evidence_failure', '')
    .whereRaw('evidence_due_by > now()')
    .whereRaw('evidence_due_by <= now() + make_interval(hours => ?)', [hours])
    .orderBy('evidence_due_by')
    .select('id', 'evidence_due_by')
  const results: { id: string; outcome: EvidenceOutcome | 'failed' }[] = []
  for (const { id, evidence_due_by: dueBy } of due) {
    if (signal?.aborted) break
    try {
      const outcome = await submitChargebackEvidence(id)
      results.push({ id, outcome })
      if (outcome === 'nothing_to_say' || outcome === 'refused') {
        logger.error({ chargebackId: id, dueBy, outcome }, 'a dispute needs evidence from staff')
      }
    } catch (error) {
      logger.error({ err: error, chargebackId: id }, 'submitting evidence failed')
      results.push({ id, outcome: 'failed' })
    }
  }
  return results
}
