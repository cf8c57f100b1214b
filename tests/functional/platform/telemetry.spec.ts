import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import env from '#start/env'
import { GAUGES } from '#telemetry/instruments'
import type User from '#models/user'
import { Ingestion } from '#tests/support/ingestion'
import { Collector, type CollectedSpan } from '#tests/support/collector'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { activeProject } from '#tests/support/projects'
import { RAILS_UNDER_TEST } from '#tests/support/rails'
import { sandbox } from '#tests/support/sandbox'
import { PASSWORD, tokenOf } from '#tests/support/users'
import { startWebProcess } from '#tests/support/web_process'
import { ace, Processes } from '../../../bin/surroundings/processes.js'

/** A web process and a worker, which tell whoever is named what they do. */
async function startBoth(destination: Record<string, string>) {
  const settings = { ...destination, LOG_LEVEL: 'info', OTEL_METRIC_EXPORT_INTERVAL: '1000' }
  const logs = await mkdtemp(app.makePath('tmp', 'worker-'))
  const workers = new Processes({ env: settings, logs })
  workers.start('worker', ace('queue:work', '--polling=0.5'))
  const web = await startWebProcess(settings)
  let stopping: Promise<void> | undefined
  const end = async () => {
    await Promise.all([web.stop(), workers.stop()])
    await rm(logs, { recursive: true, force: true })
  }
  return { url: web.url, stop: () => (stopping ??= end()) }
}

/** Calls the API of a process. @returns `data` of the answer */
async function post(url: string, user: User, path: string, requestId: string, body: object = {}) {
  const response = await fetch(`${url}/api/${path}`, {
    method: 'POST',
    headers: {
      'authorization': `Bearer ${await tokenOf(user)}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      'x-request-id': requestId,
    },
    body: JSON.stringify(body),
  })
  const answer: any = await response.json()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${answer.detail}`)
  return answer.data
}

/** Brings what happened at Stripe so far to a process. */
async function deliver(url: string): Promise<void> {
  for (const { body, headers, endpoint } of RAILS_UNDER_TEST[0].webhooks()) {
    const path = endpoint === 'connect' ? 'stripe/connect' : 'stripe'
    const response = await fetch(`${url}/api/webhooks/${path}`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`a webhook was answered ${response.status}`)
  }
}

/** From a deposit to its release, over real processes. `funded`: waits until the worker has booked it. */
async function play(url: string, funded: (depositId: string) => Promise<unknown>) {
  const { client, freelancer, milestones } = await activeProject({ amounts: ['1000.00', '50.00'] })
  await drain()
  sandbox.webhookMode({ drop: 'all' })
  const deposit = await post(url, client, 'payments/deposit', 'the-deposit', {
    milestone_ids: [milestones[0].id],
    payment_provider: 'stripe',
  })
  const other = await post(url, client, 'payments/deposit', 'another-deposit', {
    milestone_ids: [milestones[1].id],
    payment_provider: 'paypal',
  })
  sandbox.confirm(deposit.provider_transaction_id)
  await deliver(url)
  await funded(deposit.id)
  const [{ id }] = milestones
  const work = { note: 'The secret of the vineyard.', links: ['https://example.com/work'] }
  await post(url, freelancer, `milestones/${id}/submit`, 'the-work', work)
  await post(url, client, `milestones/${id}/approve`, 'the-approval')
  return { client, freelancer, deposit, other }
}

/** What a provider is signed in to with, what others are, and what is said about people. */
async function secretsOf({ client, freelancer }: { client: User; freelancer: User }) {
  const people = await Promise.all(
    [client, freelancer].map(async (user) => [user.email, user.displayName, await tokenOf(user)])
  )
  return [
    env.get('STRIPE_SECRET_KEY').release(),
    env.get('PAYPAL_CLIENT_SECRET')!.release(),
    ...env.get('STRIPE_WEBHOOK_SECRETS').release().split(','),
    env.get('APP_KEY').release(),
    env.get('DATABASE_URL').release(),
    PASSWORD,
    'pm_card_visa',
    '4242424242424242',
    'client_secret',
    'The secret of the vineyard.',
    'Bearer ',
    '@example.com',
    ...people.flat(),
  ]
}

test.group('Telemetry', (group) => {
  group.each.setup(() => resetAll())

  test('follows a deposit and its payout through web, worker and provider, and tells no secret', async ({
    assert,
    cleanup,
  }) => {
    const collector = new Collector()
    const endpoint = await collector.start()
    cleanup(() => collector.stop())
    const { url, stop } = await startBoth({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
    cleanup(stop)
    const { deposit, other, ...people } = await play(url, (id) =>
      collector.span(
        ({ name, attributes }) =>
          name === 'job process_inbox_event' && attributes.transaction_id === id
      )
    )
    await collector.span(({ name }) => name === 'job send_payout')
    const held = ({ name, value }: { name: string; value: number }) =>
      name === 'safesend.escrow.held' && value === 0
    await collector.point(held)
    await stop()

    const named = (name: string) => collector.spans.filter((span) => span.name === name)
    const parentOf = (span: CollectedSpan) =>
      collector.spans.find(({ spanId }) => spanId === span.parentSpanId)

    // The request that asks for the deposit asks Stripe itself.
    const [created] = named('stripe createDeposit')
    assert.equal(created.service, 'safesend-web')
    assert.equal(created.attributes.transaction_id, deposit.id)
    assert.include(created.attributes['provider.idempotency_key'], deposit.id)
    assert.match(String(created.attributes['provider.request_id']), /^req_/)
    assert.equal(created.attributes['provider.result'], 'ok')
    const asked = parentOf(created)!
    assert.equal(asked.name, 'POST /api/payments/deposit')
    assert.equal(asked.attributes.request_id, 'the-deposit')
    assert.equal(asked.attributes.transaction_id, deposit.id)

    // And PayPal, where that is chosen: once for a token, once for the order.
    const [ordered] = named('paypal createDeposit')
    assert.equal(ordered.attributes.transaction_id, other.id)
    assert.equal(ordered.attributes['provider.result'], 'ok')
    assert.isNotEmpty(ordered.attributes['provider.request_id'])
    assert.equal(parentOf(ordered)!.attributes.request_id, 'another-deposit')

    // The webhook's request goes on in the worker, which asks Stripe.
    const looked = named('stripe getDeposit').find((span) => span.service === 'safesend-worker')!
    const handled = parentOf(looked)!
    assert.equal(handled.name, 'job process_inbox_event')
    assert.equal(handled.attributes.transaction_id, deposit.id)
    const webhook = parentOf(handled)!
    assert.equal(webhook.name, 'POST /api/webhooks/stripe')
    assert.equal(webhook.service, 'safesend-web')
    assert.equal(handled.attributes.request_id, webhook.attributes.request_id)

    // And the approval's, in the payout.
    const [paid] = named('stripe createPayout')
    assert.equal(parentOf(paid)!.name, 'job send_payout')
    assert.equal(parentOf(parentOf(paid)!)!.attributes.request_id, 'the-approval')
    assert.isTrue(collector.spans.some((s) => s.name === 'POST' && s.parentSpanId === paid.spanId))
    assert.isTrue(collector.spans.some((s) => s.attributes['db.system.name'] === 'postgresql'))

    // The log has the same ids.
    const line = collector.logs.find(
      ({ body, attributes }) => body === 'job done' && attributes.job === 'send_payout'
    )!
    assert.equal(line.traceId, paid.traceId)
    assert.equal(line.attributes.request_id, 'the-approval')
    assert.equal(line.attributes.transaction_id, paid.attributes.transaction_id)
    assert.isString(line.attributes.job_id)

    // Metrics: of requests, jobs and providers, and how business stands.
    const metrics = new Set(collector.points.map(({ name }) => name))
    assert.includeMembers(
      [...metrics],
      [
        'http.server.request.duration',
        'safesend.job.duration',
        'safesend.provider.duration',
        'safesend.escrow.held',
        'safesend.queue.lag',
      ]
    )
    assert.deepEqual(
      [...metrics].filter((name) => name.startsWith('safesend.') && !(name in GAUGES)).sort(),
      ['safesend.job.duration', 'safesend.provider.duration']
    )
    const funded = collector.points.find(
      ({ name, value }) => name === 'safesend.escrow.held' && value > 0
    )
    assert.deepEqual(funded && [funded.value, funded.attributes], [100_000, { currency: 'USD' }])
    const request = collector.points.find(
      ({ name, attributes }) =>
        name === 'http.server.request.duration' &&
        attributes['http.route'] === '/api/payments/deposit'
    )
    assert.equal(request?.attributes['http.response.status_code'], 201)

    for (const secret of await secretsOf(people)) {
      const at = collector.received.indexOf(secret)
      const around = collector.received.slice(Math.max(0, at - 200), at + 100)
      assert.equal(at, -1, `"${secret}" was sent: ${around}`)
    }
  }).timeout(120_000)

  test('goes to Application Insights with its connection string, errors grouped by their cause', async ({
    assert,
    cleanup,
  }) => {
    const insights = new Ingestion()
    const connectionString = await insights.start()
    cleanup(() => insights.stop())
    const { url, stop } = await startBoth({
      APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    })
    cleanup(stop)
    const { deposit, ...people } = await play(url, (id) =>
      insights.one(({ data: { baseData } }) => {
        const { job, transaction_id: about } = baseData.properties ?? {}
        return job === 'process_inbox_event' && about === id && baseData.message === 'job done'
      })
    )

    // A table that is gone fails two requests for one cause; another fails a third for another.
    const gone = async (table: string, paths: string[]) => {
      await db.rawQuery(`ALTER TABLE ${table} RENAME TO away`)
      try {
        for (const path of paths) {
          const headers = { authorization: `Bearer ${await tokenOf(people.client)}` }
          const response = await fetch(`${url}${path}`, { headers })
          assert.equal(response.status, 500, path)
        }
      } finally {
        await db.rawQuery(`ALTER TABLE away RENAME TO ${table}`)
      }
    }
    await gone('milestones', [`/api/milestones/${randomUUID()}`, `/api/milestones/${randomUUID()}`])
    await gone('notifications', ['/api/notifications'])
    await insights.one(({ data: { baseData } }) => baseData.properties?.job === 'send_payout')
    await stop()

    const ofType = (type: string) =>
      insights.envelopes
        .filter(({ data }) => data.baseType === type)
        .map(({ data }) => data.baseData)
    const [request] = ofType('RequestData').filter(
      ({ name }) => name === 'POST /api/payments/deposit'
    )
    assert.equal(request.properties.request_id, 'the-deposit')
    assert.equal(request.properties.transaction_id, deposit.id)
    const calls = ofType('RemoteDependencyData').map(({ name }) => name)
    assert.includeMembers(calls, ['stripe createDeposit', 'stripe createPayout'])
    const held = ofType('MetricData').flatMap(({ metrics, properties }) =>
      metrics[0].name === 'safesend.escrow.held' ? [[metrics[0].value, properties.currency]] : []
    )
    assert.deepInclude(held, [100_000, 'USD'])
    assert.isTrue(ofType('MessageData').some(({ properties }) => properties.job === 'send_payout'))

    // The worker may have missed the tables as well.
    const failures = insights.envelopes
      .filter(
        ({ data, tags }) =>
          data.baseType === 'ExceptionData' && tags['ai.cloud.role'] === 'safesend-web'
      )
      .map(({ data }) => data.baseData)
    const fingerprints = failures.map(({ properties }) => properties['error.fingerprint'])
    assert.lengthOf(fingerprints, 3)
    assert.equal(fingerprints[0], fingerprints[1])
    assert.notEqual(fingerprints[0], fingerprints[2])
    assert.isTrue(failures.every(({ exceptions }) => exceptions[0].typeName === 'error 42P01'))
    const counted = ofType('MetricData').filter(
      ({ metrics }) => metrics[0].name === 'safesend.errors'
    )
    assert.includeMembers(
      counted.map(({ properties }) => properties.fingerprint),
      [...new Set(fingerprints)]
    )

    for (const secret of await secretsOf(people)) {
      assert.notInclude(insights.received, secret)
    }
  }).timeout(120_000)
})
