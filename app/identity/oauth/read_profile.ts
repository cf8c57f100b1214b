import vine from '@vinejs/vine'
import type { Claims } from '#identity/oauth/drivers'
import { email } from '#validators/identity'
import { fitName, storable } from '#validators/text'

/** Who somebody is at a provider, checked. */
export interface ProviderProfile {
  /** The provider's own id, which never goes to anybody else. */
  subject: string
  /** Lower case; the provider has verified it. */
  email: string
  firstName: string
  lastName: string
}

const schema = vine.create({
  subject: vine.string().trim().minLength(1).maxLength(255).use(storable()),
})
const addressSchema = vine.create({ email: email() })

/**
 * @returns null if the provider has verified no address of theirs, or one that we could not send mail to
 * @throws E_VALIDATION_ERROR for an answer without an id that can be kept
 */
export async function readProfile(claims: Claims): Promise<ProviderProfile | null> {
  const { subject } = await schema.validate(claims)
  const [problem, address] = await addressSchema.tryValidate({ email: claims.email })
  if (problem) return null
  // Names are a courtesy: what could be none is left out.
  const { firstName, lastName } = claims
  return {
    subject,
    email: address.email,
    firstName: fitName(firstName),
    lastName: fitName(lastName),
  }
}
