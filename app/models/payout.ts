import { PayoutSchema } from '#database/schema'

export default class Payout extends PayoutSchema {}
