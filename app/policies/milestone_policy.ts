import { AuthorizationResponse, BasePolicy } from '@adonisjs/bouncer'
import type Milestone from '#models/milestone'
import type User from '#models/user'

/** What a party may do with a milestone that it can see. Needs `project` to be loaded. */
export default class MilestonePolicy extends BasePolicy {
  edit(user: User, { project }: Milestone) {
    return (
      user.id === project.clientId ||
      AuthorizationResponse.deny('The client edits the project; you can propose a change.', 403)
    )
  }

  delete(user: User, milestone: Milestone) {
    return this.edit(user, milestone)
  }

  submit(user: User, { project }: Milestone) {
    return (
      user.id === project.freelancerId ||
      AuthorizationResponse.deny('The freelancer of the project hands work in.', 403)
    )
  }

  upload(user: User, { project }: Milestone) {
    return (
      user.id === project.freelancerId ||
      AuthorizationResponse.deny('The freelancer of the project uploads and deletes files.', 403)
    )
  }

  reject(user: User, { project }: Milestone) {
    return (
      user.id === project.clientId ||
      AuthorizationResponse.deny('The client of the project judges the work.', 403)
    )
  }
}
