import router from '@adonisjs/core/services/router'
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
    router.get('projects', [Projects, 'index']).as('projects.index')
    router.post('projects', [Projects, 'store']).as('projects.store')
    router.get('projects/:id', [Projects, 'show']).as('projects.show')
    router.put('projects/:id', [Projects, 'update']).as('projects.update')
    router.delete('projects/:id', [Projects, 'destroy']).as('projects.destroy')
    router.post('projects/:id/cancel', [ProjectEndings, 'cancel']).as('projects.cancel')
    router.post('projects/:id/complete', [ProjectEndings, 'complete']).as('projects.complete')
    router.get('projects/:id/activity', [Activities, 'index']).as('projects.activity')

    router
      .get('projects/:id/milestones', [ProjectMilestones, 'index'])
      .as('projects.milestones.index')
    router
      .post('projects/:id/milestones', [ProjectMilestones, 'store'])
      .as('projects.milestones.store')
    router.get('milestones/:id', [Milestones, 'show']).as('milestones.show')
    router.put('milestones/:id', [Milestones, 'update']).as('milestones.update')
    router.delete('milestones/:id', [Milestones, 'destroy']).as('milestones.destroy')
    router.post('milestones/:id/submit', [Milestones, 'submit']).as('milestones.submit')
    router.post('milestones/:id/reject', [Milestones, 'reject']).as('milestones.reject')

    router.post('projects/:id/invitations', [Invitations, 'store']).as('projects.invitations.store')
    router.get('invitations', [Invitations, 'index']).as('invitations.index')
    router.post('invitations/:token/accept', [Invitations, 'accept']).as('invitations.accept')
    router.post('invitations/:token/decline', [Invitations, 'decline']).as('invitations.decline')

    router.get('projects/:id/messages', [Messages, 'index']).as('projects.messages.index')
    router.post('projects/:id/messages', [Messages, 'store']).as('projects.messages.store')

    router.get('projects/:id/proposals', [Proposals, 'index']).as('projects.proposals.index')
    router.post('projects/:id/proposals', [Proposals, 'store']).as('projects.proposals.store')
    router.post('proposals/:id/accept', [Proposals, 'accept']).as('proposals.accept')
    router.post('proposals/:id/decline', [Proposals, 'decline']).as('proposals.decline')

    // Last: `users/profile` and its like are no ids.
    router.get('users/:id', [Users, 'show']).where('id', router.matchers.uuid()).as('users.show')
  })
})
