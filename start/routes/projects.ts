import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Activities = () => import('#controllers/api/activities_controller')
const Invitations = () => import('#controllers/api/invitations_controller')
const Messages = () => import('#controllers/api/messages_controller')
const Milestones = () => import('#controllers/api/milestones_controller')
const ProjectEndings = () => import('#controllers/api/project_endings_controller')
const ProjectMilestones = () => import('#controllers/api/project_milestones_controller')
const Projects = () => import('#controllers/api/projects_controller')
const Proposals = () => import('#controllers/api/proposals_controller')
const Users = () => import('#controllers/api/users_controller')

api(() => {
  signedIn(() => {
    router.get('projects', [Projects, 'index']).as('projects.index').use(limits.list)
    router.post('projects', [Projects, 'store']).as('projects.store').use(limits.write)
    router.get('projects/:id', [Projects, 'show']).as('projects.show')
    router.put('projects/:id', [Projects, 'update']).as('projects.update').use(limits.write)
    router.delete('projects/:id', [Projects, 'destroy']).as('projects.destroy').use(limits.write)
    router
      .post('projects/:id/cancel', [ProjectEndings, 'cancel'])
      .as('projects.cancel')
      .use(limits.payment)
    router
      .post('projects/:id/complete', [ProjectEndings, 'complete'])
      .as('projects.complete')
      .use(limits.write)
    router
      .get('projects/:id/activity', [Activities, 'index'])
      .as('projects.activity')
      .use(limits.list)

    router
      .get('projects/:id/milestones', [ProjectMilestones, 'index'])
      .as('projects.milestones.index')
      .use(limits.list)
    router
      .post('projects/:id/milestones', [ProjectMilestones, 'store'])
      .as('projects.milestones.store')
      .use(limits.write)
    router.get('milestones/:id', [Milestones, 'show']).as('milestones.show')
    router
      .get('milestones/:id/submissions', [Milestones, 'submissions'])
      .as('milestones.submissions')
      .use(limits.list)
    router.put('milestones/:id', [Milestones, 'update']).as('milestones.update').use(limits.write)
    router
      .delete('milestones/:id', [Milestones, 'destroy'])
      .as('milestones.destroy')
      .use(limits.write)
    router
      .post('milestones/:id/submit', [Milestones, 'submit'])
      .as('milestones.submit')
      .use(limits.write)
    router
      .post('milestones/:id/reject', [Milestones, 'reject'])
      .as('milestones.reject')
      .use(limits.write)

    router
      .post('projects/:id/invitations', [Invitations, 'store'])
      .as('projects.invitations.store')
      .use(limits.invitation)
    router.get('invitations', [Invitations, 'index']).as('invitations.index').use(limits.list)
    router
      .post('invitations/:token/accept', [Invitations, 'accept'])
      .as('invitations.accept')
      .use(limits.write)
    router
      .post('invitations/:token/decline', [Invitations, 'decline'])
      .as('invitations.decline')
      .use(limits.write)

    router
      .get('projects/:id/messages', [Messages, 'index'])
      .as('projects.messages.index')
      .use(limits.list)
    router
      .post('projects/:id/messages', [Messages, 'store'])
      .as('projects.messages.store')
      .use(limits.message)

    router
      .get('projects/:id/proposals', [Proposals, 'index'])
      .as('projects.proposals.index')
      .use(limits.list)
    router
      .post('projects/:id/proposals', [Proposals, 'store'])
      .as('projects.proposals.store')
      .use(limits.write)
    router
      .post('proposals/:id/accept', [Proposals, 'accept'])
      .as('proposals.accept')
      .use(limits.write)
    router
      .post('proposals/:id/decline', [Proposals, 'decline'])
      .as('proposals.decline')
      .use(limits.write)

    // Last: `users/profile` and its like are no ids.
    router
      .get('users/:id', [Users, 'show'])
      .where('id', router.matchers.uuid())
      .as('users.show')
      .use(limits.list)
  })
})
