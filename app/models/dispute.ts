import { DisputeSchema } from '#database/schema'

export default class Dispute extends DisputeSchema {}
