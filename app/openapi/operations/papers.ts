import { data, file, type Operations } from '#openapi/operation'
import { statementValidator } from '#validators/payment'

export const paperOperations: Operations = {
  'GET /api/users/dashboard': {
    summary: 'Show your dashboard',
    description:
      'By `user_type`: what is held, what waits for you, what is due soon, what was earned or spent by month, and what happened last. Lists hold the first few and say `count`.',
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
    description: 'Of a completed deposit, release, payout or refund, for who paid or was paid.',
    tag: 'Payments',
    who: 'signed in',
    answers: { 200: file('application/pdf', 'The receipt.') },
    problems: ['not_completed', 'no_receipt'],
  },
  'GET /api/payments/statement': {
    summary: 'Get a statement',
    description:
      'What was booked from the first moment on and before the second, at most a year, between two balances. UTF-8, one line each.',
    tag: 'Payments',
    who: 'signed in',
    query: statementValidator,
    answers: { 200: file('text/csv', 'The statement.') },
  },
}
