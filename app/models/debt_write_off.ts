import { DebtWriteOffSchema } from '#database/schema'

/** A debt that we gave up, in whole or in part. */
export default class DebtWriteOff extends DebtWriteOffSchema {}
