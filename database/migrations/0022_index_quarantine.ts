import { BaseSchema } from '@adonisjs/lucid/schema'

/** Few files are in quarantine, and the console looks for them. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      CREATE INDEX deliverables_quarantined ON deliverables (id) WHERE scan_status = 'infected';
      CREATE INDEX dispute_evidence_quarantined ON dispute_evidence (id) WHERE scan_status = 'infected';
    `)
  }

  async down() {
    this.schema.raw('DROP INDEX deliverables_quarantined; DROP INDEX dispute_evidence_quarantined')
  }
}
