import vine from '@vinejs/vine'

export const listNotificationsValidator = vine.create(
  vine.object({
    limit: vine.number().withoutDecimals().range([1, 100]).optional(),
    after: vine.string().trim().maxLength(40).optional(),
    unread: vine.boolean().optional(),
  })
)

export const readAllValidator = vine.create(
  vine.object({
    up_to_seq: vine
      .number({ strict: true })
      .withoutDecimals()
      .range([0, Number.MAX_SAFE_INTEGER])
      .optional(),
  })
)

/** The name that a client gives its stream: a UUID with `@adonisjs/transmit-client`. */
const streamName = () => vine.string().regex(/^[\w-]{1,64}$/)

export const openStreamValidator = vine.create(vine.object({ uid: streamName() }))

export const subscriptionValidator = vine.create(
  vine.object({ uid: streamName(), channel: vine.string().maxLength(200) })
)
