import { test } from '@japa/runner'
import type { RouteJSON } from '@adonisjs/core/types/http'
import db from '@adonisjs/lucid/services/db'
import { STAFF_ROLES } from '#models/staff'
import { disableStaff } from '#staff/disable_staff'
import { ACTIONS, roleMay } from '#staff/roles'
import {
  actionsOf,
  consoleRoutes,
  isStaffOnly,
  methodOf,
  nameOf,
  pathOf,
  pathOfRecord,
  PUBLIC,
} from '#tests/support/console_routes'
import { resetAll } from '#tests/support/database'
import { OPERATOR } from '#tests/support/operator'
import { aColleague, console, createStaff, type ConsoleAnswer } from '#tests/support/staff'
import { aClient, tokenOf } from '#tests/support/users'
import { Snapshot } from '../api/snapshot.js'
import { aWorld } from '../api/world.js'

/** Who is not let in, or no longer: each with a way to send. */
async function outsiders(): Promise<Record<string, { browser: Browser; headers?: Sent }>> {
  const half = await aColleague()
  const halfSignedIn = console()
  await halfSignedIn.post('/console/sign-in', { email: half.staff.email, password: half.password })
  const [left, dismissed, idle] = [await createStaff(), await createStaff(), await createStaff()]
  const [gone, shutOut, asleep] = [console(left), console(dismissed), console(idle)]
  for (const one of [gone, shutOut, asleep]) await one.get('/console/security')
  // Whoever has copied the cookie keeps it.
  const copied = [...gone.cookies]
  await gone.post('/console/sign-out')
  for (const [name, value] of copied) gone.cookies.set(name, value)
  await gone.get('/console/sign-in')
  await disableStaff(dismissed.id, OPERATOR)
  const longAgo = db.raw("now() - interval '1 day'")
  await db.from('staff_sessions').where('staff_id', idle.id).update({ last_seen_at: longAgo })
  return {
    'nobody': { browser: console() },
    'a user of the API with their token': {
      browser: console(),
      headers: { authorization: `Bearer ${await tokenOf(await aClient())}` },
    },
    'who has given no second factor yet': { browser: halfSignedIn },
    'who has signed out': { browser: gone },
    'whose account is disabled': { browser: shutOut },
    'who was away for too long': { browser: asleep },
  }
}

type Browser = ReturnType<typeof console>
type Sent = Record<string, string>

const send = (browser: Browser, route: RouteJSON, path: string, headers?: Sent) =>
  methodOf(route) === 'GET'
    ? browser.get(path, headers)
    : browser.post(path, {}, '/console/security', headers)

test.group('Every route of the console', (group) => {
  group.each.setup(() => resetAll())

  test('names one line of the table of actions, or is on the short list of public ones', ({
    assert,
  }) => {
    const open = consoleRoutes().filter((route) => !isStaffOnly(route))
    assert.sameMembers(open.map(nameOf), PUBLIC)
    for (const route of consoleRoutes().filter(isStaffOnly)) {
      assert.lengthOf(
        actionsOf(route),
        1,
        `${nameOf(route)} must name its action: .use(middleware.may({ action: '…' }))`
      )
      assert.include(Object.keys(ACTIONS), actionsOf(route)[0])
    }
  })

  test('changes something only by POST', ({ assert }) => {
    for (const route of consoleRoutes())
      assert.include(['GET', 'POST'], methodOf(route), nameOf(route))
  })

  test('lets nobody in who is not signed in, or no longer, and does nothing for them', async ({
    assert,
  }) => {
    await aWorld()
    const everyone = await outsiders()
    const asked = await Promise.all(
      consoleRoutes()
        .filter(isStaffOnly)
        .map(async (route) => ({ route, path: await pathOfRecord(route) }))
    )
    const snapshot = await Snapshot.take()
    for (const [who, { browser, headers }] of Object.entries(everyone)) {
      for (const { route, path } of asked) {
        const answer = await send(browser, route, path, headers)
        assert.equal(answer.status, 303, `${nameOf(route)} for ${who}`)
        assert.match(answer.location!, /^\/console\/sign-in/, `${nameOf(route)} for ${who}`)
      }
      assert.deepEqual(await snapshot.written(), [], `something was done for ${who}`)
    }
    await snapshot.drop()
  }).timeout(240_000)

  test('takes no form without a CSRF token', async ({ assert }) => {
    const browser = console(await createStaff())
    for (const route of consoleRoutes().filter((each) => methodOf(each) === 'POST')) {
      const elsewhere = await browser.post(pathOf(route), { _csrf: 'x' }, '/elsewhere')
      assert.equal(elsewhere.status, 403, nameOf(route))
      assert.include(elsewhere.text, 'CSRF', nameOf(route))
      const answer = await browser.submit(pathOf(route), { _csrf: 'x' }, '/console/security')
      assert.include(answer.text, 'the page was open for too long', nameOf(route))
    }
  }).timeout(120_000)

  for (const role of STAFF_ROLES) {
    const isOpen = (route: RouteJSON) => roleMay(role, actionsOf(route)[0])
    const isRefused = ({ status, text }: ConsoleAnswer) =>
      status === 403 && text.includes('one has to be')

    test(`lets ${role} do what the table of actions says`, async ({ assert }) => {
      for (const route of consoleRoutes().filter(isStaffOnly).filter(isOpen)) {
        // Each anew: one of them signs out.
        const answer = await send(console(await createStaff({ role })), route, pathOf(route))
        assert.isFalse(isRefused(answer), `${role}: ${nameOf(route)}`)
        assert.isBelow(answer.status, 500, `${role}: ${nameOf(route)}\n${answer.text}`)
      }
    }).timeout(240_000)

    const closed = () => consoleRoutes().filter((route) => isStaffOnly(route) && !isOpen(route))
    test(`refuses ${role} everything else, and does nothing`, async ({ assert }) => {
      await aWorld()
      const browser = console(await createStaff({ role }))
      await browser.get('/console/security')
      const snapshot = await Snapshot.take()
      for (const route of closed()) {
        const answer = await send(browser, route, await pathOfRecord(route))
        assert.isTrue(isRefused(answer), `${role}: ${nameOf(route)} ${answer.status}`)
        assert.include(answer.text, ACTIONS[actionsOf(route)[0]].roles.join(' or '))
        assert.deepEqual(await snapshot.written(), [], `${role}: ${nameOf(route)}`)
      }
      await snapshot.drop()
    }).timeout(240_000)
  }

  test('that moves money or trust asks for the second factor of just now', async ({ assert }) => {
    const steppedUp = consoleRoutes().filter((route) => {
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
