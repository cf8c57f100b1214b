import { DepositSchema } from '#database/schema'

export default class Deposit extends DepositSchema {}
