import { AuthorizationResponse, BasePolicy } from '@adonisjs/bouncer'
import type Proposal from '#models/proposal'
import type User from '#models/user'

export default class ProposalPolicy extends BasePolicy {
  /** Accepting and declining are for the side that was asked. */
  answer(user: User, proposal: Proposal) {
    return (
      proposal.proposedBy !== user.id ||
      AuthorizationResponse.deny('You proposed this; it is for the other side to answer.', 403)
    )
  }
}
