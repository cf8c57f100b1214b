import { DateTime } from 'luxon'
import { v7 as uuidv7 } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Problem, wrongState } from '#exceptions/problem'
import { assertVerified } from '#identity/verified'
import { aboutProject } from '#escrow/about'
import { invitationTokenHash } from '#escrow/invitation_token'
import { lockProject } from '#escrow/locks'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { setting } from '#escrow/settings'
import { withdrawInvitations } from '#escrow/withdraw_invitations'
import { enqueue } from '#jobs/queue'
import { mailInvitation } from '#jobs/mail_invitation'
import { inTransaction } from '#database/transaction'
import { notifyAll } from '#notifications/notify'
import Invitation from '#models/invitation'
import User from '#models/user'

/**
 * Asks a freelancer, known or not yet, to take a drafted project on. One is asked at a time: a new
 * invitation revokes the one before it. The link goes out by e-mail and works after registering.
 *
 * @param email in lower case
 * @throws Problem 403 `email_not_verified`; 409 `wrong_state` unless it is a draft; 409 `own_address`,
 *   `invitee_is_client`
 */
export async function inviteFreelancer(
  projectId: string,
  { by, email }: { by: User; email: string }
): Promise<Invitation> {
  assertVerified(by)

  return inTransaction(async (trx) => {
    const project = await lockProject(trx, projectId)
    if (project.status !== 'draft') {
      throw wrongState('A freelancer can only be invited to a draft.', project.status)
    }
    const account = await User.query({ client: trx }).where('email', email).first()
    assertCanBeAsked(by, email, account)
    const news = await withdrawInvitations(trx, project, { by, again: email })

    const id = uuidv7()
    const invitation = await Invitation.create(
      {
        id,
        projectId: project.id,
        email,
        tokenHash: invitationTokenHash(id),
        invitedBy: by.id,
        status: 'pending',
        expiresAt: await expiry(trx),
      },
      { client: trx }
    )
    await recordActivity(trx, {
      projectId: project.id,
      subject: { type: 'invitation', id },
      actor: actorOf(by),
      action: 'invitation.sent',
      to: 'pending',
      details: { email },
    })
    await enqueue(trx, mailInvitation, { invitationId: id })
    if (account) {
      news.push({
        userId: account.id,
        kind: 'invitation.received',
        data: {
          ...aboutProject(project),
          invitation_id: invitation.id,
          invited_by: by.displayName,
          by_id: by.id,
        },
      })
    }
    await notifyAll(trx, news)
    return invitation
  })
}

function assertCanBeAsked(by: User, email: string, account: User | null): void {
  if (email === by.email) {
    throw new Problem('You cannot invite yourself.', { code: 'own_address', status: 409 })
  }
  if (account?.userType === 'client') {
    throw new Problem(
      'This address belongs to a client account; only a freelancer can take a project on.',
      {
        code: 'invitee_is_client',
        status: 409,
      }
    )
  }
}

async function expiry(trx: TransactionClientContract): Promise<DateTime> {
  const days = await setting(trx, 'invitation_expiry_days')
  const { rows } = await trx.rawQuery('SELECT now() + make_interval(days => ?) AS at', [days])
  return DateTime.fromJSDate(rows[0].at)
}
