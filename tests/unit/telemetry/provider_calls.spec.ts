import { trace } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { test } from '@japa/runner'
import { Problem } from '#exceptions/problem'
import { ProviderFailure, type Provider } from '#payments/provider'
import { traced } from '#telemetry/provider_calls'
import { scrubSpans } from '#telemetry/scrub'

const TRANSACTION = '01a2192a-76a7-7ad9-b26c-5c099e397f0c'

/** A provider that does what the test says, traced; and the spans that have left. */
function providerThat(members: object) {
  const exporter = new InMemorySpanExporter()
  const spanProcessors = [scrubSpans, new SimpleSpanProcessor(exporter)]
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
  const provider = traced({ name: 'stripe', rail: 'stripe', ...members } as unknown as Provider)
  return { provider, spans: () => exporter.getFinishedSpans() }
}

const input = { key: 'the-key', transactionId: TRANSACTION, destination: 'ann@example.com' } as any

test.group('Calls of a provider', (group) => {
  group.each.teardown(() => trace.disable())

  test('say what was asked, under which key, for which transaction, and not with what', async ({
    assert,
  }) => {
    const { provider, spans } = providerThat({ createPayout: async () => ({ id: 'tr_1' }) })
    assert.deepEqual(await provider.createPayout(input), { id: 'tr_1' } as any)
    const [{ name, attributes }] = spans()
    assert.equal(name, 'stripe createPayout')
    assert.deepEqual(attributes, {
      'provider': 'stripe',
      'provider.operation': 'createPayout',
      'provider.idempotency_key': 'the-key',
      'transaction_id': TRANSACTION,
      'provider.result': 'ok',
    })
  })

  test('say how they ended', async ({ assert }) => {
    const ends: [unknown, string, boolean][] = [
      [new ProviderFailure('declined', 'card_declined', 'No.'), 'refused', false],
      [new Problem('No.', { code: 'bad', status: 422 }), 'refused', false],
      [new ProviderFailure('retry', 'busy', 'Later.'), 'retry', true],
      [new ProviderFailure('unknown', 'timeout', 'Perhaps.'), 'unknown', true],
      [new TypeError('A defect.'), 'unknown', true],
    ]
    for (const [failure, result, isError] of ends) {
      const fails = async () => {
        throw failure
      }
      const { provider, spans } = providerThat({ createPayout: fails })
      const thrown = await provider.createPayout(input).catch((error) => error)
      assert.strictEqual(thrown, failure)
      const [{ attributes, events }] = spans()
      assert.equal(attributes['provider.result'], result)
      assert.equal(events.length > 0, isError)
      assert.equal('error.fingerprint' in attributes, isError)
      trace.disable()
    }
  })

  test('that list are over when their reader is done, whether all was read or not', async ({
    assert,
  }) => {
    let given = 0
    const { provider, spans } = providerThat({
      async *listEvents() {
        for (given = 0; given < 3; given++) yield given
      },
    })
    const list = (): AsyncIterable<unknown> => (provider.listEvents as any)()
    const read: unknown[] = []
    for await (const each of list()) read.push(each)
    assert.deepEqual(read, [0, 1, 2])
    for await (const each of list()) {
      if (each === 1) break
    }
    assert.equal(given, 1)
    assert.lengthOf(spans(), 2)
  })

  test('that ask nobody are none', async ({ assert }) => {
    const { provider, spans } = providerThat({ parseEvent: () => ({ id: 'evt_1' }) })
    provider.parseEvent({})
    assert.isEmpty(spans())
  })
})
