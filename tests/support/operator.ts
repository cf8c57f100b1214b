import type { Act } from '#audit/record_audit'

/** Somebody at the command line, for operations of which it does not matter who carries them out. */
export const OPERATOR: Act = {
  actor: { type: 'operator', name: 'Vera Stein' },
  reason: 'Ticket 812',
}
