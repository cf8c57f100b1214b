import { test } from '@japa/runner'
import router from '@adonisjs/core/services/router'
import { generalLimits, limits } from '#start/limiter'

/** Public, and without a limit for a reason. */
const UNLIMITED = new Set([
  // Says that the process runs, and looks at nothing for it.
  '/health/live',
  // A balancer that is refused would take the process out. It looks once for all who ask meanwhile.
  '/health/ready',
])

/** What costs us, or somebody else, more than a look into the database; and where one could guess. */
const EXPENSIVE: [path: RegExp, limit: keyof typeof limits][] = [
  [/^POST \/api\/auth\/register$/, 'register'],
  [/^POST \/api\/auth\/login$/, 'login'],
  [/^POST \/api\/auth\/refresh$/, 'refresh'],
  [/^POST \/api\/auth\/verify-email$/, 'verifyEmail'],
  [/^POST \/api\/auth\/reset-password$/, 'resetPassword'],
  [/^POST \/api\/auth\/verify-email\/resend$/, 'resend'],
  [/^[A-Z]+ \/api\/webhooks\//, 'webhook'],
  [/^GET \/api\/payments\/quote/, 'quote'],
  [/^POST \/api\/payments\/(deposit|release|refund)$/, 'payment'],
  [/^POST \/api\/payments\/(refunds|transactions)\/:id\/(accept|decline|cancel)$/, 'payment'],
  [/^(POST|PUT|DELETE) \/api\/payments\/payout-accounts/, 'payment'],
  [/^POST \/api\/projects\/:id\/invitations$/, 'invitation'],
  [/^POST \/api\/projects\/:id\/messages$/, 'message'],
  [/^POST \/api\/.*(avatar|deliverables|evidence)$/, 'upload'],
  [/receipt/, 'receipt'],
  [/statement/, 'statement'],
  [/users\/export$/, 'export'],
  [/\/dashboard/, 'dashboard'],
  [/\/oauth\//, 'oauth'],
]

/** Writes a row or two by their keys: the general limits are enough. */
const CHEAP = new Set(['POST /api/auth/logout'])

interface Route {
  /** Such as `POST /api/auth/login`. */
  name: string
  pattern: string
  writesOrLists: boolean
  signedIn: boolean
  uses(middleware: unknown): boolean
  limited: boolean
  /** Its middleware, as it runs. */
  order: unknown[]
}

const named = new Set<unknown>(Object.values(limits))

const isBody = (one: any) => one?.name === 'body'

function routes(): Route[] {
  return Object.values(router.toJSON())
    .flat()
    .flatMap(({ methods, pattern, name, middleware }) => {
      const stack = [...middleware.all()]
      const uses = (one: unknown) => stack.includes(one as any)
      const signedIn = stack.some((one) => 'name' in one && one.name === 'auth')
      return methods
        .filter((method) => method !== 'HEAD')
        .map((method) => ({
          name: `${method} ${pattern}`,
          pattern,
          writesOrLists: method !== 'GET' || name?.endsWith('.index') === true,
          signedIn,
          uses,
          limited: stack.some((one) => named.has(one)),
          order: stack,
        }))
    })
}

test.group('Every route', () => {
  test('that is public has a limit of its own', ({ assert }) => {
    const open = routes().filter(({ signedIn, limited }) => !signedIn && !limited)
    const unknown = open.filter(({ pattern }) => !UNLIMITED.has(pattern))
    assert.deepEqual(
      unknown.map(({ name }) => name),
      []
    )
    assert.lengthOf(open, UNLIMITED.size, 'what is excepted is there')
  })

  test('that changes something or lists has a limit of its own', ({ assert }) => {
    const open = routes().filter(
      ({ name, writesOrLists, limited }) => writesOrLists && !limited && !CHEAP.has(name)
    )
    assert.deepEqual(
      open.map(({ name }) => name),
      []
    )
  })

  test('that is expensive has the limit for its kind', ({ assert }) => {
    for (const route of routes()) {
      for (const [pattern, limit] of EXPENSIVE) {
        if (!pattern.test(route.name)) continue
        assert.isTrue(route.uses(limits[limit]), `${route.name} is not limited as ${limit}`)
      }
    }
  })

  test('has a limit of its own, or counts towards both general ones', ({ assert }) => {
    const open = routes().filter(
      ({ limited, uses, pattern }) =>
        !limited &&
        !(uses(generalLimits.perIp) && uses(generalLimits.perAccount)) &&
        !UNLIMITED.has(pattern)
    )
    assert.deepEqual(
      open.map(({ name }) => name),
      []
    )
  })

  test('that reads a body counts the request first', ({ assert }) => {
    let looked = 0
    for (const { name, order } of routes()) {
      const reads = order.findIndex(isBody)
      if (reads < 0) continue
      const counts = order.findIndex((one) => one === generalLimits.perIp || named.has(one))
      assert.isTrue(counts >= 0 && counts < reads, name)
      looked++
    }
    assert.isAbove(looked, 100)
    const sent = routes().filter(({ pattern }) => /^\/(cookies|site\/vitals)$/.test(pattern))
    assert.isTrue(sent.some(({ order }) => order.some(isBody)))
  })

  test('of the API counts towards the general limits, which come first', ({ assert }) => {
    const api = routes().filter(({ pattern }) => /^\/api\/(?!webhooks\/)/.test(pattern))
    assert.isAbove(api.length, 50)
    for (const { name, signedIn, uses } of api) {
      assert.isTrue(uses(generalLimits.perIp), name)
      assert.equal(uses(generalLimits.perAccount), signedIn, name)
    }
  })
})
