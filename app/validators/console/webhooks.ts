import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { RAILS } from '#models/transaction'
import { INBOX_STATUSES } from '#payments/replay_events'
import { after, day, oneOf, words } from '#validators/console/filters'
import { reasonField } from '#validators/console/settings'

const which = {
  type: words(),
  rail: oneOf(RAILS),
  status: oneOf(INBOX_STATUSES),
  event: words(),
  object: words(),
  from: day(),
  to: day(),
}

const eventsSchema = vine.object({ ...which, after: after() })
export const eventsFilters = vine.create(eventsSchema)
export type EventsFilters = Infer<typeof eventsSchema>

/** Those that somebody chose one by one. */
export const replayChosenValidator = vine.create(
  vine.object({
    events: vine.array(vine.string().uuid()).minLength(1).maxLength(100).distinct(),
    reason: reasonField(),
  })
)

/** All that the filters of the list let through. */
export const replayAllValidator = vine.create(vine.object({ ...which, reason: reasonField() }))
