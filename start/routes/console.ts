import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { limits } from '#start/limiter'
import { approvalPages } from '#start/routes/console_approvals'
import { disputePages } from '#start/routes/console_disputes'
import { moneyPages } from '#start/routes/console_money'
import { consolePages, staffOnly } from '#start/routes/groups'

const Assets = () => import('#controllers/console/assets_controller')
const Files = () => import('#controllers/console/files_controller')
const Authenticators = () => import('#controllers/console/authenticators_controller')
const Audit = () => import('#controllers/console/audit_controller')
const Invitations = () => import('#controllers/console/invitations_controller')
const Jobs = () => import('#controllers/console/jobs_controller')
const Live = () => import('#controllers/console/live_controller')
const Missing = () => import('#controllers/console/missing_controller')
const Passkeys = () => import('#controllers/console/passkeys_controller')
const Payouts = () => import('#controllers/console/payouts_controller')
const Projects = () => import('#controllers/console/projects_controller')
const Reconciliation = () => import('#controllers/console/reconciliation_controller')
const Search = () => import('#controllers/console/search_controller')
const Security = () => import('#controllers/console/security_controller')
const Settings = () => import('#controllers/console/settings_controller')
const SignIn = () => import('#controllers/console/sign_in_controller')
const Staff = () => import('#controllers/console/staff_controller')
const StepUps = () => import('#controllers/console/step_ups_controller')
const Users = () => import('#controllers/console/users_controller')
const Webhooks = () => import('#controllers/console/webhooks_controller')

/** Built styles and scripts. The only route that looks for files, so that no other pays for it. */
router
  .get('assets/*', [Assets, 'show'])
  .as('assets')
  .use([limits.console, middleware.compressedAssets(), middleware.assets()])

consolePages(() => {
  // Who asks for these is not signed in, or not yet.
  router.get('sign-in', [SignIn, 'create'])
  router.post('sign-in', [SignIn, 'store']).use(limits.consoleSignIn)
  router.get('sign-in/code', [SignIn, 'factor'])
  router.post('sign-in/code', [SignIn, 'complete']).use(limits.consoleSignIn)
  router.get('invitation', [Invitations, 'show'])
  router.post('invitation', [Invitations, 'store']).use(limits.consoleSignIn)
  router.get('invitation/set-up', [Invitations, 'edit'])
  router.post('invitation/set-up', [Invitations, 'update']).use(limits.consoleSignIn)

  staffOnly(() => {
    const own = middleware.may({ action: 'console.read' })
    const changeOwn = middleware.may({ action: 'security.change' })
    router.post('sign-out', [SignIn, 'destroy']).use(own)
    router.get('step-up', [StepUps, 'show']).use(own)
    router.post('step-up', [StepUps, 'store']).use([own, limits.consoleSignIn])
    router.get('search', [Search, 'index']).use(own)
    router.get('live/:topic', [Live, 'show']).use(own)
    router.get('security', [Security, 'show']).use(own)
    router.post('security/password', [Security, 'password']).use(changeOwn)
    router.post('security/recovery-codes', [Security, 'recoveryCodes']).use(changeOwn)
    router.post('security/sessions/end-others', [Security, 'endOthers']).use(own)
    router.post('security/sessions/:id/end', [Security, 'endSession']).use(own)
    router.get('security/authenticator', [Authenticators, 'create']).use(changeOwn)
    router.post('security/authenticator', [Authenticators, 'store']).use(changeOwn)
    router.get('security/passkeys/new', [Passkeys, 'create']).use(changeOwn)
    router.post('security/passkeys', [Passkeys, 'store']).use(changeOwn)
    router.post('security/passkeys/:id/remove', [Passkeys, 'destroy']).use(changeOwn)

    const manage = middleware.may({ action: 'staff.manage' })
    router.get('staff', [Staff, 'index']).use(manage)
    router.post('staff', [Staff, 'store']).use(manage)
    router.get('staff/:id', [Staff, 'show']).use(manage)
    router.post('staff/:id/role', [Staff, 'role']).use(manage)
    router.post('staff/:id/disable', [Staff, 'disable']).use(manage)
    router.post('staff/:id/enable', [Staff, 'enable']).use(manage)
    router.post('staff/:id/reset', [Staff, 'reset']).use(manage)

    const hold = middleware.may({ action: 'payout.hold' })
    const retryPayout = middleware.may({ action: 'payout.retry' })
    router.get('payouts', [Payouts, 'index']).use(own)
    router.get('payouts/:id', [Payouts, 'show']).use(own)
    router.post('payouts/:id/hold', [Payouts, 'hold']).use(hold)
    router.post('payouts/:id/let-go', [Payouts, 'letGo']).use(hold)
    router.post('payouts/:id/retry', [Payouts, 'retry']).use(retryPayout)
    router.post('payouts/:id/repay', [Payouts, 'repay']).use(retryPayout)
    router
      .post('payouts/:id/cancel', [Payouts, 'cancel'])
      .use(middleware.may({ action: 'payout.cancel' }))

    const replay = middleware.may({ action: 'inbox.replay' })
    router.get('webhooks', [Webhooks, 'index']).use(own)
    router.get('webhooks/replays', [Webhooks, 'replays']).use(own)
    router.get('webhooks/replays/:id', [Webhooks, 'showReplay']).use(own)
    router.post('webhooks/replay-chosen', [Webhooks, 'replayChosen']).use(replay)
    router.post('webhooks/replay-all', [Webhooks, 'replayAll']).use(replay)
    router.get('webhooks/:id', [Webhooks, 'show']).use(own)
    router.post('webhooks/:id/replay', [Webhooks, 'replay']).use(replay)

    const retryJobs = middleware.may({ action: 'job.retry' })
    router.get('jobs', [Jobs, 'index']).use(own)
    router.get('jobs/:name', [Jobs, 'queue']).use(own)
    router.post('jobs/:name/redrive', [Jobs, 'redrive']).use(retryJobs)
    router.get('jobs/:name/:id', [Jobs, 'show']).use(own)
    router.post('jobs/:name/:id/retry', [Jobs, 'retry']).use(retryJobs)

    router.get('reconciliation', [Reconciliation, 'index']).use(own)
    router
      .post('reconciliation/run/:rail', [Reconciliation, 'start'])
      .use(middleware.may({ action: 'reconciliation.run' }))
    router.get('reconciliation/breaks', [Reconciliation, 'breaks']).use(own)
    router.get('reconciliation/breaks/:id', [Reconciliation, 'showBreak']).use(own)
    router
      .post('reconciliation/breaks/:id/acknowledge', [Reconciliation, 'acknowledge'])
      .use(middleware.may({ action: 'break.acknowledge' }))
    router
      .post('reconciliation/breaks/:id/correct', [Reconciliation, 'correct'])
      .use(middleware.may({ action: 'entry.propose' }))
    router.get('reconciliation/:id', [Reconciliation, 'show']).use(own)

    router.get('projects', [Projects, 'index']).use(own)
    router.get('projects/:id', [Projects, 'show']).use(own)
    router.get('milestones/:id', [Projects, 'milestone']).use(own)
    router.get('users', [Users, 'index']).use(own)
    router.get('users/:id', [Users, 'show']).use(own)
    router
      .post('users/:id/verify', [Users, 'verify'])
      .use(middleware.may({ action: 'user.verify' }))
    const suspend = middleware.may({ action: 'user.suspend' })
    router.post('users/:id/suspend', [Users, 'suspend']).use(suspend)
    router.post('users/:id/let-back', [Users, 'letBack']).use(suspend)
    const resetUser = middleware.may({ action: 'user.reset_mfa' })
    router.post('users/:id/reset-mfa', [Users, 'resetMfa']).use(resetUser)
    router.post('users/:id/end-sessions', [Users, 'endSessions']).use(suspend)

    const release = middleware.may({ action: 'file.release' })
    router.get('files', [Files, 'index']).use(own)
    router
      .get('files/:kind/:id/download', [Files, 'download'])
      .use(middleware.may({ action: 'evidence.read' }))
    router.post('files/:kind/:id/release', [Files, 'release']).use(release)
    router.post('files/:kind/:id/scan', [Files, 'scan']).use(release)

    router.get('settings', [Settings, 'index']).use(middleware.may({ action: 'console.read' }))
    router.get('settings/:name', [Settings, 'show']).use(middleware.may({ action: 'console.read' }))
    router
      .post('settings/:name', [Settings, 'store'])
      .use(middleware.may({ action: 'settings.change' }))

    const readAudit = middleware.may({ action: 'audit.read' })
    router.get('audit', [Audit, 'index']).use(readAudit)
    router.post('audit/verify', [Audit, 'verify']).use(middleware.may({ action: 'audit.verify' }))
    router.get('audit/:id', [Audit, 'show']).use(readAudit)

    approvalPages()
    moneyPages()
    disputePages()

    // Last: what is not above is not there, and is said so inside the frame.
    router.get('*', [Missing, 'show']).use(middleware.may({ action: 'console.read' }))
  })
})
