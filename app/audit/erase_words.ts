import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { notFound } from '#exceptions/problem'

/**
 * Erases the words of a line of the audit log: its reason, and the operator's name. The line stays, and
 * another says who erased them and why; without it the database refuses, and `audit:verify` complains.
 *
 * @param id of the line
 * @throws Problem 404 if there is no such line, or it has no words
 */
export async function eraseWords(id: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const words = isUuid(id) && (await trx.from('audit_words').where('audit_id', id).first())
    if (!words) throw notFound('line with words')
    await recordAudit(trx, {
      ...act,
      action: 'audit.words_erased',
      target: { type: 'audit_line', id },
    })
    await trx.from('audit_words').where('audit_id', id).delete()
  })
}
