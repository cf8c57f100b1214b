import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- From a number to its entry, newest first. It costs each posting one more index, and spares whoever
      -- has no more than a figure of a statement reading the whole ledger.
      CREATE INDEX postings_amount ON postings (amount, entry_id DESC)
    `)
  }

  async down() {
    this.schema.raw('DROP INDEX postings_amount')
  }
}
