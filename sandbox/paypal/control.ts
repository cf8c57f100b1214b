import { controls as common, optional, text } from '../common/control.js'
import type { SideDoor } from '../common/http.js'
import { PayPalFailure } from './errors.js'
import type {
  Approval,
  NewDispute,
  PayoutItemStatus,
  PayPalSandbox,
  PlannedPayout,
  Resolution,
} from './index.js'

/** The controls that only PayPal's sandbox has, with those that all have. */
export function controls(sandbox: PayPalSandbox): SideDoor {
  return common(
    sandbox,
    {
      actions: {
        approve: ({ order, ...approval }) => ({
          payable: sandbox.approve(text({ order }, 'order'), approval as Approval),
        }),
        reverse_approval: (body) => sandbox.reverseApproval(text(body, 'order')),
        settle_capture: (body) => sandbox.settleCapture(text(body, 'capture')),
        decline_capture: (body) =>
          sandbox.declineCapture(
            text(body, 'capture'),
            body.as === 'DECLINED' ? 'DECLINED' : 'DENIED'
          ),
        reverse_capture: (body) => sandbox.reverseCapture(text(body, 'capture')),
        refunds_pend: (body) => sandbox.refundsPend(body.on !== false),
        refund_slowly: (body) => sandbox.refundSlowly(text(body, 'capture')),
        settle_refund: (body) => sandbox.settleRefund(text(body, 'refund')),
        fail_refund: (body) => sandbox.failRefund(text(body, 'refund')),
        plan_payout: (body) =>
          sandbox.planPayout(
            text(body, 'outcome') as PlannedPayout['outcome'],
            optional<string>(body, 'receiver')
          ),
        without_account: (body) => sandbox.withoutAccount(text(body, 'receiver')),
        set_payout_item: (body) =>
          sandbox.setPayoutItem(text(body, 'id'), text(body, 'status') as PayoutItemStatus),
        open_dispute: ({ capture, ...wanted }) => ({
          dispute: sandbox.openDispute(text({ capture }, 'capture'), wanted as NewDispute),
        }),
        escalate_dispute: (body) => sandbox.escalateDispute(text(body, 'dispute')),
        resolve_dispute: (body) =>
          sandbox.resolveDispute(text(body, 'dispute'), text(body, 'resolution') as Resolution),
        reopen_dispute: (body) => sandbox.reopenDispute(text(body, 'dispute')),
        answer_offer: (body) => sandbox.answerOffer(text(body, 'dispute'), body.accepted !== false),
        top_up: (body) => ({
          transaction: sandbox.topUp(Number(body.amount), optional<string>(body, 'currency')),
        }),
        withdraw: (body) => ({
          transaction: sandbox.withdraw(Number(body.amount), optional<string>(body, 'currency')),
        }),
        adjust_balance: ({ amount, ...options }) => ({
          transaction: sandbox.adjustBalance(Number(amount), options),
        }),
        revoke_tokens: () => sandbox.revokeTokens(),
      },
      views: {
        effects_of: (_, query) => sandbox.effectsOf(query.get('id') ?? ''),
      },
    },
    (error) =>
      error instanceof PayPalFailure ? { status: error.status, body: error.body('') } : undefined
  )
}
