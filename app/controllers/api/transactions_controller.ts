import type { HttpContext } from '@adonisjs/core/http'
import { cancelUnpaidDeposit } from '#escrow/cancel_deposit'
import { howToPay } from '#escrow/send_deposit'
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
    if (query.project_id) {
      const { id } = await visibleProject(user, query.project_id)
      transactions.whereHas('escrowAccount', (accounts) => accounts.where('project_id', id))
    }
    if (query.milestone_id) {
      const { id } = await visibleMilestone(user, query.milestone_id)
      transactions.where((own) =>
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
    const clientAction = await howToPay(await visibleTransaction(user, params.id), user)
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
