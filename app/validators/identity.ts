import vine from '@vinejs/vine'
import { USER_TYPES } from '#models/user'
import { amount, currency } from '#validators/money'
import { line, personName, storable } from '#validators/text'
import { PASSWORD_MAX, PASSWORD_MIN } from '#identity/passwords'

/**
 * ASCII only: what lower case means beyond it, JavaScript and PostgreSQL do not agree on. And nothing in
 * quotes, where an address could hold another one, or a list of them: programs do not agree on those.
 */
export const email = () =>
  vine
    .string()
    .trim()
    .toLowerCase()
    .maxLength(254)
    .regex(/^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9.-]+$/)
    .email()

/** Some address, well formed or not: signing in and asking for a reset do not judge it. */
const someEmail = () => vine.string().trim().toLowerCase().maxLength(254).use(storable())

const newPassword = () =>
  vine.string().minLength(PASSWORD_MIN).maxLength(PASSWORD_MAX).use(storable())

const token = () => vine.string().trim().minLength(1).maxLength(200)

/** The version of the terms that was shown to who accepts them; whether it is in force, the data decide. */
export const termsVersion = () =>
  vine.string().trim().minLength(1).maxLength(40).use(storable()).optional()

export const registrationValidator = vine.create({
  email: email(),
  password: newPassword(),
  user_type: vine.enum(USER_TYPES),
  first_name: personName().optional(),
  last_name: personName().optional(),
  terms_version: termsVersion(),
})

/** Too short for a new password may still be typed: it is wrong, not malformed. */
const somePassword = () => vine.string().minLength(1).maxLength(1000).use(storable())

export const signInValidator = vine.create({ email: someEmail(), password: somePassword() })

export const refreshValidator = vine.create({ refresh_token: token() })

export const verifyEmailValidator = vine.create({ token: token() })

/** Asks for a link. */
export const requestResetValidator = vine.create({ email: someEmail() })

/** Sets the password with the link's token. */
export const resetPasswordValidator = vine.create({ token: token(), password: newPassword() })

export const changePasswordValidator = vine.create({
  current_password: somePassword(),
  password: newPassword(),
})

export const changeEmailValidator = vine.create({ email: email(), password: somePassword() })

export const confirmEmailChangeValidator = vine.create({ token: token() })

/** Six digits; apps show them in two groups. */
const mfaCode = () =>
  vine
    .string()
    .parse((value) => (typeof value === 'string' ? value.replace(/\s/g, '') : value))
    .regex(/^\d{6}$/)

const secondFactor = {
  code: mfaCode().optional(),
  recovery_code: vine.string().trim().minLength(1).maxLength(40).use(storable()).optional(),
}

/** The password of an account that has one; the operation knows which do. */
export const enrollMfaValidator = vine.create({ password: somePassword().optional() })

export const confirmMfaValidator = vine.create({ code: mfaCode() })

/** Of `code` and `recovery_code` one; the operation sees to it. */
export const verifyMfaValidator = vine.create({ challenge: token(), ...secondFactor })

export const bothFactorsValidator = vine.create({
  password: somePassword().optional(),
  ...secondFactor,
})

/** What `challengeOf` makes of a verifier: a SHA-256 as base64url (RFC 7636, section 4.2). */
export const beginOauthValidator = vine.create({
  code_challenge: vine
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
})

const codeVerifier = () =>
  vine
    .string()
    .regex(/^[\w.~-]{43,128}$/)
    .optional()

/** `user_type` and `terms_version` are for who has no account yet. */
export const exchangeCodeValidator = vine.create({
  code: token(),
  code_verifier: codeVerifier(),
  user_type: vine.enum(USER_TYPES).optional(),
  terms_version: termsVersion(),
})

export const linkIdentityValidator = vine.create({ code: token(), code_verifier: codeVerifier() })

/** Deletes the account: whatever a sign-in takes, anew. */
export const erasureValidator = vine.create({
  password: somePassword().optional(),
  ...secondFactor,
})

/** A `PUT` names what changes; what it leaves out stays, and what is not listed is not settable. */
export const profileValidator = vine.create({
  first_name: personName().optional(),
  last_name: personName().optional(),
  bio: vine.string().trim().maxLength(5000).use(storable()).nullable().optional(),
  skills: vine.array(line(50).minLength(1)).maxLength(50).distinct().optional(),
  hourly_rate: amount().nullable().optional(),
  hourly_rate_currency: currency().optional(),
  // What was never set is shown as "", so "" must be a way to leave it unset.
  portfolio_url: vine
    .string()
    .parse((value) => (value === '' ? null : value))
    .trim()
    .maxLength(500)
    .url({ protocols: ['http', 'https'], require_protocol: true, disallow_auth: true })
    .use(storable())
    .nullable()
    .optional(),
})
