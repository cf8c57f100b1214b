import { EscrowAccountSchema } from '#database/schema'

export default class EscrowAccount extends EscrowAccountSchema {}
