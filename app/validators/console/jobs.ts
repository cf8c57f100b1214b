import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { after, oneOf, words } from '#validators/console/filters'

/** As pg-boss has them, in the order of a job's life. */
export const JOB_STATES = [
  'created',
  'retry',
  'active',
  'completed',
  'cancelled',
  'failed',
] as const

const jobsSchema = vine.object({ state: oneOf(JOB_STATES), from: words(), after: after() })
export const jobsFilters = vine.create(jobsSchema)
export type JobsFilters = Infer<typeof jobsSchema>
