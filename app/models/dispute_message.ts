import { DisputeMessageSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'

/** What a side, or staff (`staffId`), said in a dispute; the answer is the respondent's first word. */
export default class DisputeMessage extends DisputeMessageSchema {
  @column()
  declare kind: 'answer' | 'message'
}
