import type { HttpContext } from '@adonisjs/core/http'
import { cancelUnpaidDeposit } from '#escrow/cancel_deposit'
import { howToPay, isPayable } from '#escrow/send_deposit'
import EscrowAccount from '#models/escrow_account'
import { transactionsVisibleTo, visibleTransaction } from '#escrow/visible_payments'
import { visibleMilestone, visibleProject } from '#escrow/visible'
import { readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import TransactionTransformer from '#transformers/transaction_transformer'
import { listTransactionsValidator } from '#validators/payment'

export default class TransactionsController {
  async index({ auth, request }: HttpContext) {
    const user = auth.getUserOrFail()
    const query = await listTransactionsValidator.validate(request.qs())
    const transactions = transactionsVisibleTo(user)
    const within = (projectId: string) =>
      transactions.whereIn('escrow_account_id', accountOf(projectId))
    if (query.project_id) {
      const { id } = await visibleProject(user, query.project_id)
      within(id)
    }
    if (query.milestone_id) {
      const { id, projectId } = await visibleMilestone(user, query.milestone_id)
      // Follows from what comes next, which alone has no index to begin with.
      within(projectId).where((own) =>
        own
          .where('milestone_id', id)
          .orWhereHas('deposit', (deposit) =>
            deposit.whereHas('allocations', (parts) => parts.where('milestone_id', id))
          )
      )
    }
    if (query.transaction_type) transactions.where('transaction_type', query.transaction_type)
    if (query.status) transactions.where('status', query.status)
    const page = await readPage(transactions, query)
    return serializePage(TransactionTransformer.transform(page.rows), page)
  }

  /** A pending deposit carries, for its payer, how to pay it. */
  async show({ auth, params }: HttpContext) {
    const user = auth.getUserOrFail()
    const found = await visibleTransaction(user, params.id)
    if (!isPayable(found, user)) return serialize(TransactionTransformer.transform(found))
    const clientAction = await howToPay(found, user)
    // Asking may have brought news of it.
    const transaction = await visibleTransaction(user, params.id)
    return serialize(TransactionTransformer.transform(transaction, clientAction))
  }

  async cancel({ auth, params }: HttpContext) {
    const user = auth.getUserOrFail()
    const { id } = await visibleTransaction(user, params.id)
    await cancelUnpaidDeposit(id, { by: user })
    return serialize(TransactionTransformer.transform(await visibleTransaction(user, id)))
  }
}

function accountOf(projectId: string) {
  return EscrowAccount.query().where('project_id', projectId).select('id')
}
