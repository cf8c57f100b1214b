import { RefundRequestSchema } from '#database/schema'

export default class RefundRequest extends RefundRequestSchema {}
