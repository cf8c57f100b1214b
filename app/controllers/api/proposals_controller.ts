import type { HttpContext } from '@adonisjs/core/http'
import { acceptProposal, declineProposal } from '#escrow/answer_proposal'
import { proposeChange } from '#escrow/propose_change'
import { visibleProject, visibleProposal } from '#escrow/visible'
import Proposal from '#models/proposal'
import ProposalPolicy from '#policies/proposal_policy'
import ProposalTransformer from '#transformers/proposal_transformer'
import { readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import { listProposalsValidator, proposalValidator } from '#validators/proposal'

export default class ProposalsController {
  async index({ auth, params, request }: HttpContext) {
    const { status, ...page } = await listProposalsValidator.validate(request.qs())
    const project = await visibleProject(auth.getUserOrFail(), params.id)
    const query = Proposal.query().where('project_id', project.id)
    if (status) query.where('status', status)
    const read = await readPage(query, page)
    return serializePage(ProposalTransformer.transform(read.rows), read)
  }

  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    const input = await request.validateUsing(proposalValidator)
    const proposal = await proposeChange(project.id, { by, proposal: input })
    response.status(201)
    return serialize(ProposalTransformer.transform(proposal))
  }

  async accept({ auth, bouncer, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const proposal = await visibleProposal(by, params.id)
    await bouncer.with(ProposalPolicy).authorize('answer', proposal)
    return serialize(ProposalTransformer.transform(await acceptProposal(proposal.id, { by })))
  }

  async decline({ auth, bouncer, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const proposal = await visibleProposal(by, params.id)
    await bouncer.with(ProposalPolicy).authorize('answer', proposal)
    return serialize(ProposalTransformer.transform(await declineProposal(proposal.id, { by })))
  }
}
