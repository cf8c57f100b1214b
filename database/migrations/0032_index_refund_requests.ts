import { BaseSchema } from '@adonisjs/lucid/schema'

/** The refund requests of a user's milestones: without it, their list reads everybody's. */
export default class extends BaseSchema {
  static disableTransactions = true

  async up() {
    this.schema.raw(
      'CREATE INDEX CONCURRENTLY refund_requests_milestone ON refund_requests (milestone_id, id DESC)'
    )
  }

  async down() {
    this.schema.raw('DROP INDEX CONCURRENTLY refund_requests_milestone')
  }
}
