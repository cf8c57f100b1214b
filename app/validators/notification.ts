import vine from '@vinejs/vine'
import { atLeastOneField } from '#validators/at_least_one_field'

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

/** Channels may be sent back as they were read; what cannot be switched off cannot be false. */
const choice = () =>
  vine.object({ email: vine.boolean({ strict: true }), in_app: vine.literal(true).optional() })
const noChoice = () =>
  vine.object({ email: vine.literal(true), in_app: vine.literal(true).optional() })

export const notificationPreferencesValidator = vine.create(
  vine
    .object({
      work: choice().optional(),
      money: choice().optional(),
      messages: choice().optional(),
      account: choice().optional(),
      security: noChoice().optional(),
    })
    .use(atLeastOneField(['work', 'money', 'messages', 'account', 'security']))
)

export const unsubscribeValidator = vine.create(
  vine.object({ token: vine.string().maxLength(200) })
)
