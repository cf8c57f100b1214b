import { test } from '@japa/runner'
import router from '@adonisjs/core/services/router'
import type { RouteJSON } from '@adonisjs/core/types/http'
import db from '@adonisjs/lucid/services/db'
import { STAFF_ROLES } from '#models/staff'
import { ACTIONS, roleMay, type StaffAction } from '#staff/roles'
import { resetAll } from '#tests/support/database'
import { console, createStaff } from '#tests/support/staff'

/** What is open to who is not signed in. Nothing else is, and nothing is added here lightly. */
const PUBLIC = [
  'GET /console/sign-in',
  'POST /console/sign-in',
  'GET /console/sign-in/code',
  'POST /console/sign-in/code',
  'GET /console/invitation',
  'POST /console/invitation',
  'GET /console/invitation/set-up',
  'POST /console/invitation/set-up',
]

const routes = () =>
  Object.values(router.toJSON())
    .flat()
    .filter(({ pattern }) => /^\/console(\/|$)/.test(pattern))

const methodOf = ({ methods }: RouteJSON) => methods.find((method) => method !== 'HEAD')!
const nameOf = (route: RouteJSON) => `${methodOf(route)} ${route.pattern}`

/** The actions that a route names by `middleware.may`. */
function actionsOf(route: RouteJSON): StaffAction[] {
  return [...route.middleware.all()].flatMap((each) => {
    return 'name' in each && each.name === 'may' ? [(each as any).args.action as StaffAction] : []
  })
}

const isStaffOnly = (route: RouteJSON) =>
  [...route.middleware.all()].some((each) => 'name' in each && each.name === 'staff')

/** A path of a route, of something that is not there. */
const pathOf = ({ pattern }: RouteJSON) =>
  pattern.replaceAll(/:[a-z_]+\??/g, '01912345-0000-7000-8000-000000000000').replace('*', 'nowhere')

test.group('Every route of the console', (group) => {
  group.each.setup(() => resetAll())

  test('names one line of the table of actions, or is on the short list of public ones', ({
    assert,
  }) => {
    const open = routes().filter((route) => !isStaffOnly(route))
    assert.sameMembers(open.map(nameOf), PUBLIC)
    for (const route of routes().filter(isStaffOnly)) {
      assert.lengthOf(
        actionsOf(route),
        1,
        `${nameOf(route)} must name its action: .use(middleware.may({ action: '…' }))`
      )
      assert.include(Object.keys(ACTIONS), actionsOf(route)[0])
    }
  })

  test('changes something only by POST', ({ assert }) => {
    for (const route of routes()) assert.include(['GET', 'POST'], methodOf(route), nameOf(route))
  })

  test('lets nobody in who is not signed in', async ({ assert }) => {
    const browser = console()
    for (const route of routes().filter(isStaffOnly)) {
      const answer =
        methodOf(route) === 'GET'
          ? await browser.get(pathOf(route))
          : await browser.post(pathOf(route))
      assert.equal(answer.status, 303, nameOf(route))
      assert.match(answer.location!, /^\/console\/sign-in/, nameOf(route))
    }
  }).timeout(120_000)

  test('takes no form without a CSRF token', async ({ assert }) => {
    const browser = console(await createStaff())
    for (const route of routes().filter((each) => methodOf(each) === 'POST')) {
      const elsewhere = await browser.post(pathOf(route), { _csrf: 'x' }, '/elsewhere')
      assert.equal(elsewhere.status, 403, nameOf(route))
      assert.include(elsewhere.text, 'CSRF', nameOf(route))
      const answer = await browser.submit(pathOf(route), { _csrf: 'x' }, '/console/security')
      assert.include(answer.text, 'the page was open for too long', nameOf(route))
    }
  }).timeout(120_000)

  for (const role of STAFF_ROLES) {
    test(`lets ${role} do what the table of actions says, and nothing else`, async ({ assert }) => {
      for (const route of routes().filter(isStaffOnly)) {
        // Each anew: one of them signs out.
        const browser = console(await createStaff({ role }))
        const answer =
          methodOf(route) === 'GET'
            ? await browser.get(pathOf(route))
            : await browser.post(pathOf(route), {}, '/console/security')
        const [action] = actionsOf(route)
        const refused = answer.status === 403 && answer.text.includes('one has to be')
        assert.equal(refused, !roleMay(role, action), `${role}: ${nameOf(route)}`)
        assert.isBelow(answer.status, 500, `${role}: ${nameOf(route)}\n${answer.text}`)
        if (refused) assert.include(answer.text, ACTIONS[action].roles.join(' or '))
      }
    }).timeout(240_000)
  }

  test('that moves money or trust asks for the second factor of just now', async ({ assert }) => {
    const steppedUp = routes().filter((route) => {
      const [action] = actionsOf(route)
      return action && ACTIONS[action].stepUp
    })
    assert.isNotEmpty(steppedUp)
    const browser = console(await createStaff())
    await browser.get('/console/security')
    await db.from('staff_sessions').update({ stepped_up_at: db.raw("now() - interval '1 hour'") })
    for (const route of steppedUp) {
      const answer =
        methodOf(route) === 'GET'
          ? await browser.get(pathOf(route))
          : await browser.post(pathOf(route))
      assert.match(answer.location ?? '', /^\/console\/step-up\?next=/, nameOf(route))
    }
  }).timeout(120_000)
})
