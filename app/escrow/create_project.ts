import { recordActivity, actorOf } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import Project from '#models/project'
import type User from '#models/user'
import { toMoney } from '#validators/money'
import type { ProjectInput } from '#validators/project'

const DEFAULT_CURRENCY = 'USD'

/**
 * Drafts a project. Nobody but its client sees it until a freelancer is invited.
 *
 * @param input `total_amount` is a decimal string in `currency`
 * @throws Problem 422 for an amount out of range
 */
export async function createProject(client: User, input: ProjectInput): Promise<Project> {
  const currency = input.currency ?? DEFAULT_CURRENCY
  const total = toMoney('total_amount', input.total_amount, currency)

  return inTransaction(async (trx) => {
    const project = await Project.create(
      {
        clientId: client.id,
        freelancerId: null,
        platformFeeBps: null,
        inspectionDays: null,
        title: input.title,
        description: input.description,
        totalAmount: total.minor,
        currency,
        status: 'draft',
        deadline: input.deadline,
      },
      { client: trx }
    )
    await recordActivity(trx, {
      projectId: project.id,
      subject: { type: 'project', id: project.id },
      actor: actorOf(client),
      action: 'project.drafted',
      to: 'draft',
    })
    return project
  })
}
