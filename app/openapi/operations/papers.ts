import { data, file, type Operations } from '#openapi/operation'
import { statementValidator } from '#validators/payment'

export const paperOperations: Operations = {
  'GET /api/users/dashboard': {
    summary: 'Show your dashboard',
    description:
      'By `user_type`: what is held, what waits for you, what is due within 14 days or late, what was earned or spent by month, and what happened last. Lists hold the first ten and say how many there are in `count`. All of it is one moment, and every amount is the ledger’s.\n\n' +
      'Months are the last twelve calendar months in UTC, the oldest first. For all time (`total`) and in each currency:\n\n' +
      '- a client’s `deposited` = `spent` + `refunded` + `charged_back` + `held` + `refund_in_transit` + `refund_payable` + `unapplied`; spent is what was released, our fee included, less what a lost chargeback took back of it\n' +
      '- a freelancer’s `earned` = `paid_out` + `payable` + `in_transit` - `owed`; earned is net of our fee and of lost chargebacks',
    tag: 'Profile',
    who: 'signed in',
    answers: {
      200: data(
        {
          anyOf: [
            { $ref: '#/components/schemas/ClientDashboard' },
            { $ref: '#/components/schemas/FreelancerDashboard' },
          ],
        },
        'The dashboard.'
      ),
    },
  },
  'GET /api/payments/transactions/:id/receipt': {
    summary: 'Get a receipt',
    description:
      'Of a completed transaction, as A4: a client’s deposits, releases and refunds; a freelancer’s releases (with fee and net), payouts and refunds. A fee is on the receipt of its release. The same facts give the same bytes, so it need not be kept. It is mailed, too.',
    tag: 'Payments',
    who: 'signed in',
    answers: { 200: file('application/pdf', 'The receipt.') },
    problems: ['not_completed', 'no_receipt'],
  },
  'GET /api/payments/statement': {
    summary: 'Get a statement',
    description:
      'CSV (RFC 4180, UTF-8, with a header) of what was booked from the first moment on and before the second, at most 366 days. In each currency there is an `opening_balance`, a line for each ledger entry that changed what is yours, and a `closing_balance`: opening + the sum of `net` = closing.\n\n' +
      'What is yours: for a client what we hold for them, for a freelancer what we owe them less what they owe us. The day of booking decides, so a period that is over does not change.\n\n' +
      'Columns: `date` (booked), `value_date` (happened), `type`, `project_id`, `project`, `milestone_id`, `milestone`, `amount` (signed), `fee`, `net` (`amount` - `fee`), `balance` (after the line), `currency`, `provider`, `provider_reference`, `transaction_id`, `status` (of the transaction, today), `journal_reference`. Text that a spreadsheet would take for a formula begins with an apostrophe; amounts are plain decimals.',
    tag: 'Payments',
    who: 'signed in',
    query: statementValidator,
    answers: { 200: file('text/csv', 'The statement.') },
  },
}
