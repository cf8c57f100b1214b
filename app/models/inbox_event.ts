import { InboxEventSchema } from '#database/schema'

export default class InboxEvent extends InboxEventSchema {}
