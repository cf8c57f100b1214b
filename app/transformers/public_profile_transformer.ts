import { BaseTransformer } from '@adonisjs/core/transformers'
import { ERASED_NAME } from '#identity/erased'
import { avatarUrl } from '#identity/avatar_url'
import { formatMinor } from '#ledger/money'
import type User from '#models/user'
import { isoTime } from '#transformers/serialize'

/** A person as the other party of a project sees them: no address, no settings. Needs `profile`. */
export default class PublicProfileTransformer extends BaseTransformer<User> {
  toObject() {
    const user = this.resource
    const profile = user.profile
    return {
      id: user.id,
      user_type: user.userType,
      first_name: user.erasedAt ? ERASED_NAME : user.firstName,
      last_name: user.lastName,
      bio: profile?.bio ?? '',
      avatar: avatarUrl(profile?.avatar),
      skills: (profile?.skills ?? []) as string[],
      hourly_rate:
        typeof profile?.hourlyRate === 'bigint'
          ? formatMinor(profile.hourlyRate, profile.hourlyRateCurrency)
          : null,
      hourly_rate_currency: profile?.hourlyRateCurrency ?? 'USD',
      portfolio_url: profile?.portfolioUrl ?? '',
      created_at: isoTime(user.createdAt),
    }
  }
}
