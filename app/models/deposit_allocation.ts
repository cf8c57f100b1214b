import { DepositAllocationSchema } from '#database/schema'

export default class DepositAllocation extends DepositAllocationSchema {}
