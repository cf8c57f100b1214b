import { AuthorizationResponse, BasePolicy } from '@adonisjs/bouncer'
import type Project from '#models/project'
import type User from '#models/user'

/** What a party may do with a project that it can see. Whether the state allows it is the operation's say. */
export default class ProjectPolicy extends BasePolicy {
  create(user: User) {
    return (
      user.userType === 'client' ||
      AuthorizationResponse.deny('Only a client drafts projects.', 403)
    )
  }

  edit(user: User, project: Project) {
    return (
      user.id === project.clientId ||
      AuthorizationResponse.deny('The client edits the project; you can propose a change.', 403)
    )
  }

  delete(user: User, project: Project) {
    return user.id === project.clientId
  }

  invite(user: User, project: Project) {
    return user.id === project.clientId
  }

  /** Nothing is held and nothing pending when it is cancelled, so either side may walk away. */
  cancel(user: User, project: Project) {
    return user.id === project.clientId || user.id === project.freelancerId
  }

  complete(user: User, project: Project) {
    return user.id === project.clientId
  }
}
