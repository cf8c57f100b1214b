import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { acceptInvitation, declineInvitation } from '#escrow/answer_invitation'
import { inviteFreelancer } from '#escrow/invite_freelancer'
import { describedInvitations, invitationsOf } from '#escrow/list_invitations'
import { setting } from '#escrow/settings'
import { visibleProject } from '#escrow/visible'
import type User from '#models/user'
import ProjectPolicy from '#policies/project_policy'
import InvitationTransformer from '#transformers/invitation_transformer'
import { readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import {
  acceptInvitationValidator,
  inviteValidator,
  listInvitationsValidator,
} from '#validators/project'

export default class InvitationsController {
  async index({ auth, request }: HttpContext) {
    const { status, ...page } = await listInvitationsValidator.validate(request.qs())
    const user = auth.getUserOrFail()
    const read = await readPage(invitationsOf(user, status), page)
    return serializePage(InvitationTransformer.transform(read.rows, await viewOf(user)), read)
  }

  async store({ auth, bouncer, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    await bouncer.with(ProjectPolicy).authorize('invite', project)
    const { email } = await request.validateUsing(inviteValidator)
    const invitation = await inviteFreelancer(project.id, { by, email })
    response.status(201)
    return describe(invitation.id, by)
  }

  async accept({ auth, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const input = await request.validateUsing(acceptInvitationValidator)
    const invitation = await acceptInvitation(params.token, {
      by,
      terms: input?.terms,
      termsVersion: input?.terms_version,
    })
    return describe(invitation.id, by)
  }

  async decline({ auth, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const invitation = await declineInvitation(params.token, { by })
    return describe(invitation.id, by)
  }
}

async function describe(id: string, user: User) {
  const invitation = await describedInvitations().where('id', id).firstOrFail()
  return serialize(InvitationTransformer.transform(invitation, await viewOf(user)))
}

async function viewOf(user: User) {
  return {
    forInviter: user.userType === 'client',
    platformFeeBps: await setting(db, 'platform_fee_bps'),
  }
}
