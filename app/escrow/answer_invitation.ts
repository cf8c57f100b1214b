import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden, notFound, wrongState } from '#exceptions/problem'
import { hashToken } from '#identity/opaque_tokens'
import { recordTermsAcceptance } from '#identity/terms'
import { assertVerified } from '#identity/verified'
import { aboutProject } from '#escrow/about'
import { lockProject } from '#escrow/locks'
import { transition } from '#escrow/project_states'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { settings } from '#escrow/settings'
import { termsOf } from '#escrow/terms'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import EscrowAccount from '#models/escrow_account'
import Invitation from '#models/invitation'
import type Project from '#models/project'
import type User from '#models/user'

/**
 * Takes the project on: it becomes active with this freelancer. Fee and inspection days are taken
 * from the settings now and stay, whatever the settings become; the project gets its escrow account. With
 * it the freelancer accepts the terms of use that are in force, and that is kept with its time.
 *
 * @param key the token of the mailed link, or the invitation's id as the invited person's list shows it
 * @param options.terms the fingerprint of the deal that was read, as the invitation showed it
 * @param options.termsVersion of the terms of use that were shown; without it, those in force
 * @throws Problem 404 for a token that was never given out, or the id of an invitation that is not theirs; 403 `other_address` for an account that was
 *   not invited, `not_a_freelancer`, `email_not_verified`; 409 `wrong_state` with the invitation's
 *   status (`accepted`, `declined`, `revoked`, `expired`), `terms_changed`; 422 `terms_not_in_force` with
 *   the version that is
 */
export async function acceptInvitation(
  key: string,
  { by, terms, termsVersion }: { by: User; terms?: string; termsVersion?: string }
): Promise<Invitation> {
  return answer(key, by, async (trx, invitation, project) => {
    await assertUnchanged(project, terms)
    await recordTermsAcceptance(trx, {
      userId: by.id,
      version: termsVersion,
      context: 'invitation',
      projectId: project.id,
    })
    const { platform_fee_bps: platformFeeBps, inspection_days: inspectionDays } =
      await settings(trx)
    await project
      .merge({ freelancerId: by.id, platformFeeBps, inspectionDays })
      .useTransaction(trx)
      .save()
    await transition(trx, project, 'active', actorOf(by), {
      action: 'project.accepted',
      details: { platform_fee_bps: platformFeeBps, inspection_days: inspectionDays },
    })
    await EscrowAccount.create(
      { projectId: project.id, currency: project.currency },
      { client: trx }
    )
    await close(trx, invitation, 'accepted', by)
    await notify(trx, {
      userId: project.clientId,
      kind: 'invitation.accepted',
      data: { ...aboutProject(project), by: by.displayName },
    })
  })
}

/** Turns the project down; the client may invite someone else. @throws Problem as `acceptInvitation` */
export async function declineInvitation(key: string, { by }: { by: User }): Promise<Invitation> {
  return answer(key, by, async (trx, invitation, project) => {
    await close(trx, invitation, 'declined', by)
    await notify(trx, {
      userId: project.clientId,
      kind: 'invitation.declined',
      data: { ...aboutProject(project), by: by.displayName, by_id: by.id },
    })
  })
}

type Answer = (
  trx: TransactionClientContract,
  invitation: Invitation,
  project: Project
) => Promise<void>

/** Finds the invitation, locks its project and then it, and checks that it is this person's to answer. */
async function answer(key: string, by: User, act: Answer): Promise<Invitation> {
  return inTransaction(async (trx) => {
    const found = await find(trx, key, by)
    if (!found) throw notFound('invitation')
    assertInvited(found, by)

    const project = await lockProject(trx, found.projectId)
    const invitation = await Invitation.query({ client: trx })
      .where('id', found.id)
      .select('*')
      .select(trx.raw('expires_at <= now() AS expired'))
      .forUpdate()
      .firstOrFail()
    assertOpen(invitation)
    await act(trx, invitation, project)
    invitation.$setRelated('project', project)
    return invitation
  })
}

/**
 * By the secret of the mailed link; or by its id, which is no secret and so finds only what the list of
 * invitations shows this person: one to their own address, once that is verified.
 *
 * @throws Problem 403 `email_not_verified` for an id, whether there is such an invitation or not
 */
async function find(
  trx: TransactionClientContract,
  key: string,
  by: User
): Promise<Invitation | null> {
  const query = Invitation.query({ client: trx })
  if (!isUuid(key)) return query.where('token_hash', hashToken(key)).first()
  assertVerified(by)
  return query.where('id', key).where('email', by.email).first()
}

function assertInvited(invitation: Invitation, by: User): void {
  if (invitation.email !== by.email) {
    throw forbidden(
      'This invitation was sent to another e-mail address. Sign in with the account of that address.',
      'other_address'
    )
  }
  if (by.userType !== 'freelancer') {
    throw forbidden('Only a freelancer account can take a project on.', 'not_a_freelancer')
  }
  assertVerified(by)
}

function assertOpen(invitation: Invitation): void {
  const status = invitation.currentStatus
  if (status !== 'pending') throw wrongState(`This invitation is ${status}.`, status)
}

async function assertUnchanged(project: Project, read?: string): Promise<void> {
  if (read === undefined) return
  await project.load('milestones', (milestones) => milestones.orderBy('id'))
  if (termsOf(project) !== read) {
    throw wrongState('The client has changed the project since you read it.', project.status, {
      code: 'terms_changed',
    })
  }
}

async function close(
  trx: TransactionClientContract,
  invitation: Invitation,
  status: 'accepted' | 'declined',
  by: User
): Promise<void> {
  await trx
    .from('invitations')
    .where('id', invitation.id)
    .update({ status, responded_by: by.id, responded_at: trx.raw('now()') })
  await invitation.useTransaction(trx).refresh()
  await recordActivity(trx, {
    projectId: invitation.projectId,
    subject: { type: 'invitation', id: invitation.id },
    actor: actorOf(by),
    action: `invitation.${status}`,
    from: 'pending',
    to: status,
  })
}
