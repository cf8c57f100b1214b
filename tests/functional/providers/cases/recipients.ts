import { test } from '@japa/runner'
import { Problem } from '#exceptions/problem'
import { providerFor } from '#payments/registry'
import { ago, HOUR, inHours } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import { onboarding, quiet } from '../helpers.js'

const URLS = { refresh: 'https://safesend.example/again', return: 'https://safesend.example/done' }

export function recipients(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail
  const { destinationOf } = provider

  test.group(`The contract with ${rail.provider}: recipients`, (group) => {
    group.each.setup(quiet(rail))

    test('one that is added carries our id, and is told as it is now', async ({ assert }) => {
      const request = onboarding(provider)
      const added = await provider.onboardRecipient(request)
      assert.equal(added.payoutAccountId, request.payoutAccountId)
      assert.isNotEmpty(added.destination)
      assert.equal(added.status === 'pending', added.requirements.length > 0)
      rail.onboard(added.destination)
      const now = await provider.getRecipient(added.destination)
      assert.deepInclude(now, { destination: added.destination, status: 'enabled' })
      assert.isEmpty(now.requirements)
    })

    if (destinationOf) {
      test('the address that they name has one form, and what is no address is refused', async ({
        assert,
      }) => {
        const address = destinationOf(' Frank@Example.COM ', 'US')
        assert.equal(destinationOf(address, 'US'), address)
        assert.equal(destinationOf('frank@example.com', 'US'), address)
        const request = { ...onboarding(provider), destination: address }
        assert.equal((await provider.onboardRecipient(request)).destination, address)
        for (const nonsense of [
          '',
          'frank',
          'frank@',
          '@example.com',
          `${'f'.repeat(200)}@e.com`,
        ]) {
          const refused = refusalOf(() => destinationOf(nonsense, 'US'))
          assert.deepInclude(refused, { status: 422 }, nonsense)
        }
      })

      test('there is no page where they would have to give more', async ({ assert }) => {
        const { destination } = await provider.onboardRecipient(onboarding(provider))
        const refused = await provider.onboardingLink(destination, URLS).catch((error) => error)
        assert.instanceOf(refused, Problem)
        assert.equal(refused.status, 409)
      })
    } else {
      test('what the provider wants, it asks for on a page whose link is new each time', async ({
        assert,
      }) => {
        const { destination } = await provider.onboardRecipient(onboarding(provider))
        const links = [
          await provider.onboardingLink(destination, URLS),
          await provider.onboardingLink(destination, URLS),
        ]
        for (const link of links) assert.match(link, /^https?:/)
        assert.notEqual(links[0], links[1])
      })
    }

    // A key without a life says that nothing is made that could be made twice.
    if (provider.keyLifetimeMs.recipient > 0) {
      test('the same key is the same recipient, who is found by our id', async ({ assert }) => {
        const request = onboarding(provider)
        const find = (since: Date) => provider.findRecipient(request.payoutAccountId, since)
        assert.isUndefined(await find(ago(HOUR)))
        const { destination } = await provider.onboardRecipient(request)
        rail.onboard(destination)
        standIn.advance(provider.keyLifetimeMs.recipient - HOUR)
        const again = await provider.onboardRecipient(request)
        assert.deepInclude(again, { destination, status: 'enabled' })
        assert.equal(rail.effects('onboarding'), 1)
        assert.deepEqual(await find(ago(HOUR)), again)
        assert.isUndefined(await find(inHours(48)), 'made before')
      })
    } else {
      test('nothing is made at the provider, so there is nothing to be found', async ({
        assert,
      }) => {
        const asked = standIn.requestLog.length
        const request = onboarding(provider)
        const added = await provider.onboardRecipient(request)
        assert.deepEqual(await provider.onboardRecipient(request), added)
        assert.isUndefined(await provider.findRecipient(request.payoutAccountId, ago(HOUR)))
        assert.lengthOf(standIn.requestLog, asked)
      })
    }
  })
}

function refusalOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
