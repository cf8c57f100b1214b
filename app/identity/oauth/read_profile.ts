import vine from '@vinejs/vine'
import type { Claims } from '#identity/oauth/drivers'
import { email } from '#validators/identity'

/** Who somebody is at a provider, checked. */
export interface ProviderProfile {
  /** The provider's own id, which never goes to anybody else. */
  subject: string
  /** Lower case; the provider has verified it. */
  email: string
  firstName: string
  lastName: string
}

const schema = vine.create({ subject: vine.string().trim().minLength(1).maxLength(255) })
const addressSchema = vine.create({ email: email() })

/**
 * @returns null if the provider has verified no address of theirs, or one that we could not send mail to
 * @throws E_VALIDATION_ERROR for an answer without an id
 */
export async function readProfile(claims: Claims): Promise<ProviderProfile | null> {
  const { subject } = await schema.validate(claims)
  const [problem, address] = await addressSchema.tryValidate({ email: claims.email })
  if (problem) return null
  const { firstName, lastName } = claims
  return { subject, email: address.email, firstName: name(firstName), lastName: name(lastName) }
}

/** Names are a courtesy: what could be none is left out. */
function name(value: unknown): string {
  if (typeof value !== 'string' || !value.isWellFormed()) return ''
  return value
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed()
}
