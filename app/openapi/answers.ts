import type { Party as ProjectParty } from '#transformers/party'
import type { ProjectSummary as Summary } from '#transformers/project_transformer'

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
