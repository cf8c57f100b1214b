import type { HttpRequest } from '@adonisjs/core/http'
import { inTransaction } from '#database/transaction'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Rail } from '#models/transaction'
import {
  ProviderFailure,
  type Provider,
  type ProviderEvent,
  type WebhookEndpoint,
} from '#payments/provider'
import { readRawBody } from '#payments/raw_body'
import { Problem } from '#exceptions/problem'
import { isNestedTooDeeply } from '#validators/nesting'
import { enqueue } from '#jobs/queue'
import processInboxEvent from '#jobs/process_inbox_event'

/** An event that its provider has signed: the reduction, and the object as it came. */
export interface VerifiedEvent {
  event: ProviderEvent
  payload: Record<string, unknown>
}

/**
 * Takes a webhook in. Providers repeat what gets no 2xx: so only what is stored, now or before, gets one.
 *
 * @throws Problem 400 `bad_signature`, `bad_payload`; 413; 503 `provider_no_answer` if what the check
 *   needs cannot be had now: the provider sends it again
 */
export async function receiveWebhook(
  provider: Provider,
  request: HttpRequest,
  endpoint: WebhookEndpoint
): Promise<void> {
  const rawBody = await readRawBody(request.request)
  const headers = Object.fromEntries(
    Object.entries(request.headers()).map(([name, value]) => [name, value?.toString()])
  )
  try {
    await receiveEvent(provider.rail, await provider.verifyWebhook(rawBody, headers, endpoint))
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    throw new Problem('The signature cannot be checked now. Send it again later.', {
      code: 'provider_no_answer',
      status: 503,
      extra: { retry_after: 60 },
      cause: failure,
    })
  }
}

/**
 * Takes a verified event in: a row and a job, or nothing when it was here before. What it means is
 * found out by the job, so that the provider gets its answer at once.
 *
 * @returns whether the event is new
 * @throws Problem 400 `bad_payload` for an event nested too deeply to be kept
 */
export async function receiveEvent(
  rail: Rail,
  { event, payload }: VerifiedEvent
): Promise<boolean> {
  const stored = storable(payload)
  return inTransaction(async (trx) => {
    const { rows } = await trx
      .knexRawQuery(
        `INSERT INTO inbox_events (rail, event_id, type, account, payload)
         VALUES (?, ?, ?, ?, ?::jsonb)
         ON CONFLICT (rail, event_id) DO NOTHING
         RETURNING id`,
        [rail, event.id, event.type, event.account, stored]
      )
      // Kept prepared: providers send events by the thousand.
      .options({ name: 'inbox_event' })
    if (rows.length === 0) return false
    await enqueueInboxEvent(trx, rows[0].id)
    return true
  })
}

/** Has an event looked at (again) once this transaction commits. */
export async function enqueueInboxEvent(
  trx: TransactionClientContract,
  inboxEventId: string
): Promise<void> {
  await enqueue(trx, processInboxEvent, { inboxEventId }, { singletonKey: inboxEventId })
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair in jsonb; nothing that we read has one. */
function storable(payload: Record<string, unknown>): string {
  if (isNestedTooDeeply(payload)) {
    throw new Problem('The event is nested too deeply.', { code: 'bad_payload', status: 400 })
  }
  return JSON.stringify(payload, (_, value) =>
    typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value
  )
}
