import { controls as common, optional, text, type Body } from '../common/control.js'
import type { SideDoor } from '../common/http.js'
import { StripeFailure } from './errors.js'
import type { AccountState, Adjustment, NewDispute, StripeSandbox } from './index.js'

/** The controls that only Stripe's sandbox has, with those that all have. */
export function controls(sandbox: StripeSandbox): SideDoor {
  const card = (body: Body) => ({ card: optional<string>(body, 'card') ?? 'pm_card_visa' })
  return common(
    sandbox,
    {
      actions: {
        confirm: (body) => ({
          succeeded: sandbox.confirm(text(body, 'payment_intent'), card(body)),
        }),
        authenticate: (body) => ({
          succeeded: sandbox.authenticate(text(body, 'payment_intent'), body.passed !== false),
        }),
        pay: (body) => ({ succeeded: sandbox.pay(text(body, 'session'), card(body)) }),
        complete_onboarding: (body) => sandbox.completeOnboarding(text(body, 'account')),
        restrict_account: (body) => sandbox.restrictAccount(text(body, 'account')),
        set_account_state: ({ account, ...state }) =>
          sandbox.setAccountState(text({ account }, 'account'), state as AccountState),
        reject_account: (body) =>
          sandbox.rejectAccount(text(body, 'account'), optional<string>(body, 'reason')),
        deauthorize: (body) => sandbox.deauthorize(text(body, 'account')),
        top_up: (body) => ({
          topup: sandbox.topUp(Number(body.amount), optional<string>(body, 'currency')),
        }),
        reverse_top_up: (body) => sandbox.reverseTopUp(text(body, 'topup')),
        withdraw: (body) => ({
          payout: sandbox.withdraw(Number(body.amount), optional<string>(body, 'currency')),
        }),
        adjust_balance: (body) => ({
          balance_transaction: sandbox.adjustBalance(body as unknown as Adjustment),
        }),
        settle_fees: () => sandbox.settleFees(),
        settle_refund: (body) => sandbox.settleRefund(text(body, 'refund')),
        fail_refund: (body) => sandbox.failRefund(text(body, 'refund')),
        fail_payout: (body) => sandbox.failPayout(text(body, 'payout')),
        pay_automatically: (body) => ({ payout: sandbox.payAutomatically(text(body, 'account')) }),
        reverse_transfer: (body) => ({
          reversal: sandbox.reverseTransfer(
            text(body, 'transfer'),
            optional<number>(body, 'amount')
          ),
        }),
        open_dispute: ({ charge, ...wanted }) => ({
          dispute: sandbox.openDispute(text({ charge }, 'charge'), wanted as NewDispute),
        }),
        close_dispute: (body) =>
          sandbox.closeDispute(text(body, 'dispute'), body.outcome === 'won' ? 'won' : 'lost', {
            feeReturned: body.fee_returned === true,
          }),
        reopen_dispute: (body) => sandbox.reopenDispute(text(body, 'dispute')),
        escalate_inquiry: (body) => sandbox.escalateInquiry(text(body, 'dispute')),
      },
    },
    (error) =>
      error instanceof StripeFailure
        ? { status: error.status, body: { error: error.body } }
        : undefined
  )
}
