import vine from '@vinejs/vine'
import { STAFF_ROLES } from '#models/staff'
import { PASSWORD_MAX, PASSWORD_MIN } from '#identity/passwords'
import { email } from '#validators/identity'
import { line, personName, storable, text } from '#validators/text'

const token = () => vine.string().trim().minLength(1).maxLength(200)
const somePassword = () => vine.string().minLength(1).maxLength(1000).use(storable())
const newPassword = () =>
  vine.string().minLength(PASSWORD_MIN).maxLength(PASSWORD_MAX).use(storable())

/** Six digits; apps show them in two groups. */
const code = () =>
  vine
    .string()
    .parse((value) => (typeof value === 'string' ? value.replace(/\s/g, '') : value))
    .regex(/^\d{6}$/)

export const passwordStepValidator = vine.create({
  email: vine.string().trim().toLowerCase().maxLength(254).use(storable()),
  password: somePassword(),
  next: vine.string().maxLength(2000).optional(),
})

/** One of the three; which, the form says by what it has. */
export const factorValidator = vine.create({
  code: code().optional(),
  recovery_code: vine.string().trim().minLength(1).maxLength(40).use(storable()).optional(),
  /** JSON, as the browser made it. */
  passkey: vine.string().maxLength(20_000).optional(),
  next: vine.string().maxLength(2000).optional(),
})

export const invitationValidator = vine.create({ token: token() })

export const enrollmentValidator = vine.create({ password: newPassword(), code: code() })

export const authenticatorValidator = vine.create({ code: code() })

export const changePasswordValidator = vine.create({
  current_password: somePassword(),
  password: newPassword(),
})

export const passkeyValidator = vine.create({
  name: line(60).minLength(1),
  passkey: vine.string().maxLength(20_000),
})

export const inviteValidator = vine.create({
  name: personName().minLength(1),
  email: email(),
  role: vine.enum(STAFF_ROLES),
})

/** Why somebody is disabled, reset or let back. */
export const staffActionValidator = vine.create({ reason: text(500) })

export const staffRoleValidator = vine.create({ role: vine.enum(STAFF_ROLES), reason: text(500) })
