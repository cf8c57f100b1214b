import type { InferData } from '@adonisjs/core/types/transformers'
import type { EmailChangeState } from '#identity/confirm_email_change'
import type { OptionalCategory } from '#notifications/catalogue'
import type { Preferences } from '#notifications/preferences'
import type { Party as ProjectParty } from '#transformers/party'
import type { ProjectSummary as Summary } from '#transformers/project_transformer'
import type SignedInTransformer from '#transformers/signed_in_transformer'

/**
 * Data of answers that no transformer makes. Every type exported here becomes a schema of the API's
 * document, as every transformer does.
 */

/** A project as a list shows it. */
export type ProjectSummary = Summary

/** A side of a project as the other side sees it. */
export type Party = ProjectParty

/** The wish was taken. What comes of it, if anything, comes by e-mail. */
export interface Accepted {
  status: 'accepted'
}

/** How many notifications became read. */
export interface MarkedRead {
  marked: number
}

/** Where the freelancer goes on. It works once and for a short time. */
export interface OnboardingLink {
  url: string
}

/** How far the change of an e-mail address is. */
export type EmailChange = EmailChangeState

// Not the transformer's own type, which has only what both ends share.
/** How a sign-in ends, told apart by `mfa_required`: with tokens, or with a challenge. */
export type SignIn = SignInDone | CodeRequired

type SignInDone = { mfa_required: false } & InferData<SignedInTransformer>

interface CodeRequired {
  mfa_required: true
  /** Send it with a code of the authenticator app. */
  challenge: string
  /** How long it is good, in seconds. */
  expires_in: number
}

/** Which notifications are mailed, by what they are about. */
export type NotificationPreferences = Preferences

/** What is not mailed any more. */
export interface Unsubscribed {
  category: OptionalCategory
  email: false
}

/** Where a file can be fetched, for a short time. */
export interface DownloadLink {
  url: string
  expires_at: string
}
