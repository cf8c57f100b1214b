import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type Project from '#models/project'
import type { ProjectStatus } from '#models/project'
import { partyOf, type Party } from '#transformers/party'
import { isoTime } from '#transformers/serialize'

/** What a list shows of a project. Both its plain rows and the model come down to this. */
export interface ProjectSummary {
  id: string
  title: string
  description: string
  client: Party
  freelancer: Party | null
  total_amount: string
  currency: string
  status: ProjectStatus
  created_at: string
  deadline: string
}

interface SummarySource {
  id: string
  title: string
  description: string
  totalAmount: bigint
  currency: string
  status: ProjectStatus
  createdAt: Date
  deadline: Date
}

export function projectSummary(
  project: SummarySource,
  client: Party,
  freelancer: Party | null
): ProjectSummary {
  return {
    id: project.id,
    title: project.title,
    description: project.description,
    client,
    freelancer,
    total_amount: formatMinor(project.totalAmount, project.currency),
    currency: project.currency,
    status: project.status,
    created_at: project.createdAt.toISOString(),
    deadline: project.deadline.toISOString(),
  }
}

/** A project as its parties see it. Needs `clientUser` and, once there is one, `freelancer`. */
export default class ProjectTransformer extends BaseTransformer<Project> {
  toObject() {
    const project = this.resource
    const summary = projectSummary(
      {
        id: project.id,
        title: project.title,
        description: project.description,
        totalAmount: project.totalAmount,
        currency: project.currency,
        status: project.status,
        createdAt: project.createdAt.toJSDate(),
        deadline: project.deadline.toJSDate(),
      },
      partyOf(project.clientUser),
      project.freelancer ? partyOf(project.freelancer) : null
    )
    return {
      ...summary,
      platform_fee_bps: project.platformFeeBps,
      inspection_days: project.inspectionDays,
      updated_at: isoTime(project.updatedAt),
    }
  }
}
