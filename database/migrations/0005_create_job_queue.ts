import { BaseSchema } from '@adonisjs/lucid/schema'
import { getConstructionPlans } from 'pg-boss'

/**
 * The tables of the job queue. pg-boss would make them itself on start; as a migration they are
 * there when `migration:run` is done, and web processes need no right to change the schema. A later
 * pg-boss that wants other tables changes them when the worker starts.
 */
export default class extends BaseSchema {
  async up() {
    /**
     * This runs once in the life of a database, before there is any job. What it finds is left over
     * from `migration:fresh`, which drops the tables that those jobs are about but not this schema.
     */
    this.schema.raw('DROP SCHEMA IF EXISTS pgboss CASCADE')
    this.schema.raw(withoutTransaction(getConstructionPlans('pgboss')))
  }

  async down() {
    this.schema.raw('DROP SCHEMA pgboss CASCADE')
  }
}

/** The plan comes wrapped in BEGIN and COMMIT, but a migration is a transaction already. */
function withoutTransaction(plan: string): string {
  const match = /^\s*BEGIN;([\s\S]*)COMMIT;\s*$/.exec(plan)
  if (!match) throw new Error('pg-boss has changed the shape of its construction plan')
  return match[1]
}
