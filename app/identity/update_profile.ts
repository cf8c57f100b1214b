import { inTransaction } from '#database/transaction'
import { unprocessable } from '#exceptions/problem'
import { toMoney } from '#validators/money'
import Profile from '#models/profile'
import User from '#models/user'

/** Only what is given changes. `null` clears what may be empty. */
export interface ProfileChanges {
  first_name?: string
  last_name?: string
  bio?: string | null
  skills?: string[]
  /** Decimal string in `hourly_rate_currency`. */
  hourly_rate?: string | null
  hourly_rate_currency?: string
  portfolio_url?: string | null
}

/**
 * Changes what a user tells about themselves. E-mail, type and verification are not theirs to set
 * here, and the avatar comes with uploads.
 *
 * @returns the user with the profile loaded
 * @throws Problem 422 for a rate that its currency cannot express
 */
export async function updateProfile(userId: string, changes: ProfileChanges): Promise<User> {
  return inTransaction(async (trx) => {
    const user = await User.findOrFail(userId, { client: trx })
    const profile = await Profile.query({ client: trx })
      .where('userId', userId)
      .forUpdate()
      .firstOrFail()

    await user.merge(given({ firstName: changes.first_name, lastName: changes.last_name })).save()
    await profile
      .merge(
        given({
          bio: changes.bio === null ? '' : changes.bio,
          skills: changes.skills,
          portfolioUrl: changes.portfolio_url === null ? '' : changes.portfolio_url,
          ...hourlyRate(profile, changes),
        })
      )
      .save()
    user.$setRelated('profile', profile)
    return user
  })
}

/** Minor units mean nothing without their currency, so a rate is not carried over into another one. */
function hourlyRate(profile: Profile, changes: ProfileChanges) {
  const currency = changes.hourly_rate_currency ?? profile.hourlyRateCurrency
  if (changes.hourly_rate === undefined) {
    if (profile.hourlyRate !== null && currency !== profile.hourlyRateCurrency) {
      throw unprocessable(
        'hourly_rate',
        'required_with_currency',
        'Give the hourly_rate together with its new currency.'
      )
    }
    return { hourlyRateCurrency: currency }
  }
  const rate =
    changes.hourly_rate === null ? null : toMoney('hourly_rate', changes.hourly_rate, currency)
  return { hourlyRate: rate?.minor ?? null, hourlyRateCurrency: currency }
}

function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined)
  ) as Partial<T>
}
