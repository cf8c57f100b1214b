import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import Milestone from '#models/milestone'
import Project from '#models/project'
import Transaction from '#models/transaction'
import { notFound } from '#exceptions/problem'
import { aboutTransaction } from '#telemetry/scope'

/**
 * Row locks are always taken in this order: project, its milestones by id, then transactions by id,
 * then one call of the posting function, which locks ledger accounts in an order of its own. Two
 * operations that keep to it cannot wait for each other in a circle.
 */

/** Locks a project; who changes money or states of a project holds this lock first. */
export async function lockProject(trx: TransactionClientContract, id: string): Promise<Project> {
  const project = await Project.query({ client: trx }).where('id', id).forUpdate().first()
  if (!project) throw notFound('project')
  return project
}

/** Locks milestones in the order of their ids. @throws Problem 404 if one of them is not there */
export async function lockMilestones(
  trx: TransactionClientContract,
  ids: string[]
): Promise<Milestone[]> {
  const milestones = await Milestone.query({ client: trx })
    .whereIn('id', ids)
    .orderBy('id')
    .forUpdate()
  if (milestones.length !== new Set(ids).size) throw notFound('milestone')
  return milestones
}

/**
 * Locks a milestone and, before it, its project.
 *
 * @throws Problem 404 if it is not there
 */
export async function lockMilestone(
  trx: TransactionClientContract,
  id: string
): Promise<{ project: Project; milestone: Milestone }> {
  const found = await Milestone.query({ client: trx }).where('id', id).select('project_id').first()
  if (!found) throw notFound('milestone')
  const project = await lockProject(trx, found.projectId)
  const [milestone] = await lockMilestones(trx, [id])
  milestone.$setRelated('project', project)
  return { project, milestone }
}

/** Locks a transaction. @throws Problem 404 if it is not there */
export async function lockTransaction(
  trx: TransactionClientContract,
  id: string
): Promise<Transaction> {
  aboutTransaction(id)
  const transaction = await Transaction.query({ client: trx }).where('id', id).forUpdate().first()
  if (!transaction) throw notFound('transaction')
  return transaction
}

/**
 * Locks everything that a transaction touches, in the order above: its project, its milestones
 * (those of its allocations, for a deposit) and the transaction itself.
 */
export async function lockTransactionWithProject(
  trx: TransactionClientContract,
  id: string
): Promise<{ project: Project; milestones: Milestone[]; transaction: Transaction }> {
  aboutTransaction(id)
  const { rows } = await trx.rawQuery(
    `SELECT e.project_id,
            array_remove(array_agg(a.milestone_id) || t.milestone_id, NULL) AS milestone_ids
       FROM transactions t
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
       LEFT JOIN deposit_allocations a ON a.transaction_id = t.id
      WHERE t.id = ?
      GROUP BY e.project_id, t.milestone_id`,
    [id]
  )
  if (rows.length === 0) throw notFound('transaction')
  const project = await lockProject(trx, rows[0].project_id)
  const milestones = await lockMilestones(trx, [...new Set<string>(rows[0].milestone_ids)])
  return { project, milestones, transaction: await lockTransaction(trx, id) }
}
