import { SubmissionSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'

export const REVIEWS = ['approved', 'rejected'] as const
export type Review = (typeof REVIEWS)[number]

export default class Submission extends SubmissionSchema {
  @column()
  declare review: Review | null
}
