import type { Money } from '#ledger/money'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type { AboutMilestone, AboutProject, WithAmount } from '#notifications/catalogue'

/** What a notification needs to name a project. */
export function aboutProject(project: Project): AboutProject {
  return { project_id: project.id, project_title: project.title }
}

/** What a notification needs to name a milestone. */
export function aboutMilestone(project: Project, milestone: Milestone): AboutMilestone {
  return { ...aboutProject(project), milestone_id: milestone.id, milestone_title: milestone.title }
}

/** An amount as notifications and activity show it. */
export function inWords(money: Money): WithAmount {
  return { amount: money.toDecimal(), currency: money.currency }
}
