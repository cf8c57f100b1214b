import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Database } from '@adonisjs/lucid/database'
import type { Money } from '#ledger/money'
import { escrowTotalsOfProject, type EscrowAccountTotals } from '#ledger/balances'
import type EscrowAccount from '#models/escrow_account'
import PayoutAccount from '#models/payout_account'
import type Project from '#models/project'
import { owedOfProject } from '#escrow/owed_refunds'

export interface EscrowStatement {
  /** None until the project is accepted. */
  account: EscrowAccount | null
  projectId: string
  /** The freelancer's connected account that payouts go to, or empty. */
  stripeAccountId: string
  totals: EscrowAccountTotals
  /** Refunds that no rail could carry: still owed to the client. Part of what was refunded. */
  refundPayable: Money
}

/** The public face of a project's escrow account: its totals, read from the ledger. */
export async function escrowStatement(
  client: QueryClientContract | Database,
  project: Project
): Promise<EscrowStatement> {
  const account = await project.related('escrowAccount').query().first()
  const recipient = await PayoutAccount.query()
    .where('user_id', project.freelancerId ?? project.clientId)
    .where('payment_provider', 'stripe')
    .where('is_default', true)
    .whereNull('deleted_at')
    .first()
  const totals = await escrowTotalsOfProject(client, project.id)
  return {
    account,
    projectId: project.id,
    stripeAccountId: recipient?.destination ?? '',
    totals,
    refundPayable: await owedOfProject(client, project.id, totals.currency),
  }
}
