import { data, type Operations } from '#openapi/operation'

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
}
