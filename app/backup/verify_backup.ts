import db from '@adonisjs/lucid/services/db'
import { verifyAudit, type AuditVerdict } from '#audit/verify'
import { lastVerifiedHead } from '#audit/run_verification'
import type { Head } from '#audit/chain'
import { checkSchema, type SchemaCheck } from '#backup/check_schema'
import { comparedFrom, findLost, type RailVerdict } from '#backup/lost_movements'
import { findRecoveryPoint, type RecoveryPoint } from '#backup/recovery_point'
import { findWaitingWork, type WaitingWork } from '#backup/waiting_work'
import { settings } from '#escrow/settings'
import { verifyLedger, type Verification } from '#ledger/verify'
import { offeredRails, providerOfRail } from '#payments/registry'

export interface BackupVerdict {
  schema: SchemaCheck
  point: RecoveryPoint
  ledger: Verification
  audit: AuditVerdict
  work: WaitingWork
  /** Undefined if the providers were not asked. */
  rails?: RailVerdict[]
  /** What is wrong, in words; empty if the backup is whole. */
  broken: string[]
  /** What nobody can say, because a provider gave no answer. */
  unknown: string[]
}

export interface VerifyBackup {
  offline?: boolean
  /** Heads of the audit log that were kept elsewhere. */
  heads?: readonly Head[]
  onProgress?: (what: string) => void
}

/**
 * Proves a restored database: that it is whole, that its books are right, and what the providers did since that
 * it does not know. Run it in a process whose database that is (`openRestored`); it writes nothing.
 *
 * What is lost is no break: every backup ends somewhere.
 */
export async function verifyBackup(options: VerifyBackup = {}): Promise<BackupVerdict> {
  const tell = options.onProgress ?? (() => {})
  tell('the schema and its guards')
  const schema = await checkSchema()
  const point = await findRecoveryPoint((table, done, total) =>
    tell(`counting ${table} (${done} of ${total} tables)`)
  )
  tell('the invariants of the ledger')
  const ledger = await verifyLedger()
  const audit = await verifyAudit({
    expected: [...(await lastVerifiedHead()), ...(options.heads ?? [])],
    // What was written in the last minutes before the backup was sealed in another database.
    unsealedMinutes: minutesSince(point.until) + 10,
    onProgress: (done, total) => tell(`the audit log (${done} of ${total} lines)`),
  })
  const work = await findWaitingWork()
  const rails = options.offline || !point.until ? undefined : await compareRails(point.until, tell)
  return {
    schema,
    point,
    ledger,
    audit,
    work,
    rails,
    broken: [
      ...brokenIn(schema),
      ...(point.until ? [] : ['There is no row in any table: only the schema was restored']),
      ...ledger.breaks.map(
        ({ invariant, subject, message }) => `${invariant} ${subject}: ${message}`
      ),
      ...(audit.bad ? [`audit log: ${audit.bad.message}`] : []),
      ...(rails ?? []).flatMap(({ broken }) => broken),
    ],
    unknown: (rails ?? [])
      .filter(({ verdict }) => verdict === 'no_answer')
      .map(({ rail, note }) => `${rail} gave no answer: ${note}`),
  }
}

function brokenIn({ unknown, wrong, behind }: SchemaCheck): string[] {
  return [
    ...unknown.map(
      (name) => `${name} ran there and is not in this release: verify it with a newer one`
    ),
    ...wrong,
    ...behind,
  ]
}

async function compareRails(until: Date, tell: (what: string) => void): Promise<RailVerdict[]> {
  const { reconcile_grace_minutes: graceMinutes } = await settings(db)
  const from = await comparedFrom(until)
  const verdicts: RailVerdict[] = []
  for (const rail of offeredRails()) {
    tell(`what ${rail} did`)
    const onProgress = (rows: number) => tell(`what ${rail} did (${rows} movements)`)
    verdicts.push(await findLost(providerOfRail(rail), { until, from, graceMinutes, onProgress }))
  }
  return verdicts
}

function minutesSince(moment?: Date): number {
  return moment ? Math.max(0, Math.ceil((Date.now() - moment.getTime()) / 60_000)) : 0
}
