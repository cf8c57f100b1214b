import db from '@adonisjs/lucid/services/db'
import type { Head } from '#audit/chain'
import { verifyAudit, type AuditVerdict } from '#audit/verify'

/**
 * Verifies the log against the last end that was found right, and keeps the verdict, for the console.
 */
export async function runVerification(): Promise<AuditVerdict> {
  const verdict = await verifyAudit({ expected: await lastVerifiedHead() })
  await db.table('audit_verifications').insert({
    ok: verdict.ok,
    position: verdict.head.position.toString(),
    hash: verdict.head.hash,
    message: verdict.bad?.message ?? '',
    bad_position: verdict.bad?.position?.toString() ?? null,
  })
  return verdict
}

/** The end of the chain when it was last found right; none if it never was. */
export async function lastVerifiedHead(): Promise<Head[]> {
  const row = await db
    .from('audit_verifications')
    .where('ok', true)
    .where('position', '>', 0)
    .orderBy('id', 'desc')
    .first()
  return row ? [{ position: BigInt(row.position), hash: row.hash }] : []
}
