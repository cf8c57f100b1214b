import { expectData } from '#tests/support/api'
import { fundedProject, pay, type CaseOptions } from '#tests/support/projects'
import { settle } from '#tests/support/jobs'
import type { ConsoleAnswer } from '#tests/support/staff'

/** Two milestones paid for, the first of them released and paid out. */
export async function someMoney(options: CaseOptions = {}) {
  const found = await fundedProject({ amounts: ['1000.00', '250.50'], ...options })
  const released = await pay(found.client, 'payments/release', {
    milestone_id: found.milestone.id,
  })
  expectData(released, 201)
  await settle()
  return found
}

/** What a page says, without its tags, each run of blanks as one. */
export function textOf({ text }: Pick<ConsoleAnswer, 'text'>): string {
  const main = /<main[^>]*>([\s\S]*)<\/main>/.exec(text)?.[1] ?? text
  return main
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&#x2F;', '/')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Where the links of a page lead, those of the frame left out. */
export function linksOf({ text }: Pick<ConsoleAnswer, 'text'>): string[] {
  const main = /<main[^>]*>([\s\S]*)<\/main>/.exec(text)?.[1] ?? text
  return [...main.matchAll(/href="([^"]+)"/g)].map(([, href]) =>
    href.replaceAll('&#x2F;', '/').replaceAll('&amp;', '&')
  )
}
