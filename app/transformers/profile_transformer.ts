import { avatarUrl } from '#identity/avatar_url'
import { formatMinor } from '#ledger/money'
import UserTransformer from '#transformers/user_transformer'

/** An account with its profile, which must be loaded, as its owner sees it. */
export default class ProfileTransformer extends UserTransformer {
  toObject() {
    const { profile } = this.resource
    return {
      ...super.toObject(),
      bio: profile.bio,
      avatar: avatarUrl(profile.avatar),
      skills: profile.skills,
      hourly_rate:
        profile.hourlyRate === null
          ? null
          : formatMinor(profile.hourlyRate, profile.hourlyRateCurrency),
      hourly_rate_currency: profile.hourlyRateCurrency,
      portfolio_url: profile.portfolioUrl,
    }
  }
}
