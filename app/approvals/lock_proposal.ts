import { validate as isUuid } from 'uuid'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import Approval from '#models/approval'

/** @throws Problem 404 */
export async function findApproval(client: QueryClientContract, id: string): Promise<Approval> {
  const approval = isUuid(id) && (await Approval.query({ client }).where('id', id).first())
  if (!approval) throw notFound('proposal')
  return approval
}

/** @throws Problem 409 `already_decided` */
export function assertOpen(approval: Approval): void {
  if (approval.status === 'proposed') return
  throw wrongState(`It was ${approval.status} already.`, approval.status, {
    code: 'already_decided',
  })
}

/**
 * Locks a proposal that waits for its second person. It comes before the locks of its subject: whoever
 * decides it at the same moment finds it decided, whatever that did to the subject.
 *
 * @throws Problem 404; 409 `already_decided`
 */
export async function lockProposal(trx: TransactionClientContract, id: string): Promise<Approval> {
  const approval = await Approval.query({ client: trx }).where('id', id).forUpdate().first()
  if (!approval) throw notFound('proposal')
  assertOpen(approval)
  return approval
}
