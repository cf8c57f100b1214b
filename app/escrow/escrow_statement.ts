import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Database } from '@adonisjs/lucid/database'
import { escrowTotalsOfProject, type EscrowAccountTotals } from '#ledger/balances'
import type EscrowAccount from '#models/escrow_account'
import type Project from '#models/project'

export interface EscrowStatement {
  /** None until the project is accepted. */
  account: EscrowAccount | null
  projectId: string
  totals: EscrowAccountTotals
}

/** The public face of a project's escrow account: its totals, read from the ledger. */
export async function escrowStatement(
  client: QueryClientContract | Database,
  project: Project
): Promise<EscrowStatement> {
  const account = await project.related('escrowAccount').query().first()
  return { account, projectId: project.id, totals: await escrowTotalsOfProject(client, project.id) }
}
