import { ClawBackSchema } from '#database/schema'

/** An intent to take (a part of) a payout back from its freelancer's balance, and its outcome. */
export default class ClawBack extends ClawBackSchema {}
