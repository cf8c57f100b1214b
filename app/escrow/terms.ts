import { createHash } from 'node:crypto'
import type { DateTime } from 'luxon'
import type Project from '#models/project'

/**
 * A fingerprint of what is offered: it changes with any word, amount or date of the project and its
 * milestones. Who accepts may name the one that they read, so that nobody accepts what was edited in
 * between. Needs `milestones`, without removed ones and ordered by id.
 */
export function termsOf(project: Project): string {
  const at = (moment: DateTime) => moment.toMillis()
  const terms = [
    [project.title, project.description, String(project.totalAmount), project.currency],
    at(project.deadline),
    project.milestones.map((milestone) => [
      milestone.id,
      milestone.title,
      milestone.description,
      String(milestone.amount),
      at(milestone.dueDate),
    ]),
  ]
  return createHash('sha256').update(JSON.stringify(terms)).digest('base64url')
}
