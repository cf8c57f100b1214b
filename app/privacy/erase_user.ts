import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import encryption from '@adonisjs/core/services/encryption'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { forgetFiles } from '#escrow/forget_files'
import { notFound, Problem } from '#exceptions/problem'
import { enqueue, QUEUE_SCHEMA } from '#jobs/queue'
import deleteFile from '#jobs/delete_file'
import mailErased from '#jobs/mail_erased'
import User from '#models/user'
import { ERASED_NAME, erasedAddress } from '#identity/erased'
import { forgetNameOf } from '#notifications/forget_name'
import { notify } from '#notifications/notify'
import { DELETED_WITH_USER } from '#privacy/personal_data'
import { refusalsOf, type Refusal } from '#privacy/refusals'

/**
 * Who wants it. An operator says their name and why; both are kept. `retention`: an account that nobody ever
 * verified; its address may be a stranger's, who gets no mail.
 */
export type ErasureOrder =
  { by: 'user' | 'retention' } | { by: 'operator'; operator: string; reason: string }

/**
 * Erases a person: what says who they are goes, the row that the books and other people's projects refer to
 * stays under a pseudonym, and their address is free for a new account. All their sessions end. What was
 * agreed, handed in and written in shared projects is the other party's, too, and stays for its retention
 * window, by "Deleted user". docs/privacy.md has the whole list.
 *
 * Locks as money does (projects, then the user), so an erasure and a deposit, a release or an acceptance come
 * one after the other; what is written for the user after it is refused by trigger.
 *
 * @throws Problem 404 if there is no such user or they are erased already; 409 `erasure_refused` with `reasons`
 */
export async function eraseUser(userId: string, order: ErasureOrder): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    const reasons = await refusalsOf(trx, userId)
    if (reasons.length > 0) throw refused(reasons)

    const address = user.email
    await declineInvitations(trx, user)
    await forgetNameOf(trx, userId)
    await forgetInProjects(trx, user)
    await forgetFiles(trx, userId)
    await forgetExports(trx, userId)
    await forgetAccount(trx, userId)
    // A sign-in that somebody began with an account elsewhere knows its address before it knows whose it is.
    await trx.from('oauth_handovers').where('email', address).delete()
    await forgetQueued(trx, userId, address)
    await trx.table('erasures').insert({
      user_id: userId,
      requested_by: order.by,
      ...(order.by === 'operator' && { operator: order.operator, reason: order.reason }),
    })
    if (order.by === 'operator') {
      const act: Act = { actor: { type: 'operator', name: order.operator }, reason: order.reason }
      await recordAudit(trx, {
        ...act,
        action: 'user.erased',
        target: { type: 'user', id: userId },
      })
    }
    if (order.by === 'retention') return
    // Encrypted, because the queue keeps what it was given for days.
    await enqueue(trx, mailErased, { to: encryption.encrypt(address, { expiresIn: '2 days' }) })
  })
}

/** What `eraseUser` would refuse for. @throws Problem 404 */
export async function outlookOf(userId: string): Promise<Refusal[]> {
  return inTransaction(async (trx) => {
    await lockPerson(trx, userId)
    return refusalsOf(trx, userId)
  })
}

async function lockPerson(trx: TransactionClientContract, userId: string): Promise<User> {
  await trx
    .from('projects')
    .where('client_id', userId)
    .orWhere('freelancer_id', userId)
    .orderBy('id')
    .select('id')
    .forUpdate()
  // Full, and not for its key only: it stops whoever is about to write a row that refers to the user.
  const user = await User.query({ client: trx })
    .where('id', userId)
    .whereNull('erased_at')
    .forUpdate()
    .first()
  if (!user) throw notFound('user')
  return user
}

/** 409 with every reason, as a code and in words. */
export function refused(reasons: Refusal[]): Problem {
  return new Problem(
    `This account cannot be deleted yet. ${reasons.map(({ detail }) => detail).join(' ')}`,
    { code: 'erasure_refused', status: 409, extra: { reasons } }
  )
}

/** Whoever waits for an answer is told that there will be none but this. */
async function declineInvitations(trx: TransactionClientContract, user: User): Promise<void> {
  const { rows } = await trx.rawQuery(
    `UPDATE invitations i SET status = 'declined', responded_by = ?, responded_at = now()
       FROM projects p
      WHERE p.id = i.project_id AND i.email = ? AND i.status = 'pending' AND i.expires_at > now()
        AND ?::boolean
      RETURNING i.invited_by, p.id AS project_id, p.title`,
    [user.id, user.email, user.userType === 'freelancer' && user.isVerified]
  )
  rows.sort((a: any, b: any) => (a.invited_by < b.invited_by ? -1 : 1))
  for (const row of rows) {
    await notify(trx, {
      userId: row.invited_by,
      kind: 'invitation.declined',
      data: { project_id: row.project_id, project_title: row.title, by: ERASED_NAME },
    })
  }
}

/** What shared projects say of who they are, but not what they wrote. */
async function forgetInProjects(trx: TransactionClientContract, user: User): Promise<void> {
  // Also to an address of theirs from before; one that they never verified may be somebody else's.
  const { rows: invitations } = await trx.rawQuery(
    `UPDATE invitations SET email = ? WHERE email = ? AND ?::boolean OR responded_by = ? RETURNING id`,
    [erasedAddress(user.id), user.email, user.isVerified, user.id]
  )
  await trx
    .from('activity')
    .where('subject_type', 'invitation')
    .whereIn(
      'subject_id',
      invitations.map(({ id }: { id: string }) => id)
    )
    .update({ details: trx.raw(`details - 'email'`) })
  // Nobody ever worked on a draft.
  await trx.from('projects').where({ client_id: user.id, status: 'draft' }).delete()

  // The bank has what was sent; what is kept here names both sides.
  await trx.rawQuery(
    `UPDATE chargebacks c SET evidence = NULL
       FROM transactions t
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
       JOIN projects p ON p.id = e.project_id
      WHERE t.id = c.deposit_id AND ? IN (p.client_id, p.freelancer_id)`,
    [user.id]
  )
  await trx.rawQuery(
    `UPDATE deposits d SET return_url = NULL
       FROM transactions t WHERE t.id = d.transaction_id AND t.user_id = ?`,
    [user.id]
  )
}

async function forgetExports(trx: TransactionClientContract, userId: string): Promise<void> {
  const { rows } = await trx.rawQuery(
    `SELECT key FROM data_exports WHERE user_id = ? AND state <> 'expired'`,
    [userId]
  )
  for (const { key } of rows) await enqueue(trx, deleteFile, { key })
}

async function forgetAccount(trx: TransactionClientContract, userId: string): Promise<void> {
  for (const { table, column } of DELETED_WITH_USER) {
    await trx.from(table).where(column, userId).delete()
  }
  await trx
    .from('profiles')
    .where('user_id', userId)
    .update({
      bio: '',
      avatar: null,
      skills: '[]',
      hourly_rate: null,
      portfolio_url: '',
      updated_at: trx.raw('now()'),
    })
  // Payouts name the account they went to. Stripe's `acct_...` says nothing without Stripe, and what comes
  // back of a payout is told of under it; an e-mail address or phone number says who it was.
  await trx
    .from('payout_accounts')
    .where('user_id', userId)
    .update({
      destination: trx.raw(`CASE payment_provider WHEN 'stripe' THEN destination ELSE '' END`),
      requirements: '[]',
      last_bank_payout: null,
      is_default: false,
      deleted_at: trx.raw('coalesce(deleted_at, now())'),
      updated_at: trx.raw('now()'),
    })
  await trx
    .from('users')
    .where('id', userId)
    .update({
      email: erasedAddress(userId),
      password: null,
      first_name: '',
      last_name: '',
      is_verified: false,
      erased_at: trx.raw('now()'),
      updated_at: trx.raw('now()'),
    })
}

/**
 * Mails to them have nobody to go to. Other jobs say who by id, but one that failed may have said it in words:
 * it stays, without the address. Addresses that only end or begin like it are other people's.
 */
async function forgetQueued(
  trx: TransactionClientContract,
  userId: string,
  address: string
): Promise<void> {
  await trx.rawQuery(
    `DELETE FROM ${QUEUE_SCHEMA}.job
      WHERE state <> 'active' AND data ->> 'userId' = ? AND jsonb_exists(data, 'notice')`,
    [userId]
  )
  const literal = address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const whole = `(?<![\\w.!#$%&'*+/=?^\`{|}~-])${literal}(?![\\w-]|\\.\\w)`
  await trx.rawQuery(
    `UPDATE ${QUEUE_SCHEMA}.job SET output = regexp_replace(output::text, :whole, '…', 'g')::jsonb
      WHERE state <> 'active' AND position(:address IN output::text) > 0`,
    { whole, address }
  )
}
