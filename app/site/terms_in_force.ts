import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
import { Problem } from '#exceptions/problem'
import { facts } from '#site/facts'
import { siteOwner } from '#site/owner'

/** Of the answer to who asks for other terms, which has a page of its own. */
export const OTHER_TERMS = 'other_terms'

/**
 * Nobody is shown other words than those that they ask for: the page has the terms in force, and what was in
 * force before is not kept here.
 *
 * @param version as the address has it; undefined asks for those in force
 * @throws Problem 404 `other_terms`
 */
export async function assertTermsInForce(version: unknown): Promise<void> {
  const known = await facts()
  if (version === undefined || version === known.settings.terms_version) return
  // They may have come into force since the facts were read, and the API names them already.
  const inForce = await setting(db, 'terms_version')
  if (version === inForce) return facts.forget()
  throw new Problem(
    `Version ${inForce} is in force. Have you accepted another? Write to ${siteOwner().support}, name it, and ask for its text.`,
    { code: OTHER_TERMS, status: 404 }
  )
}
