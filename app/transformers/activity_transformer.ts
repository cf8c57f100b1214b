import { BaseTransformer } from '@adonisjs/core/transformers'
import type Activity from '#models/activity'
import { isoTime } from '#transformers/serialize'

/** One line of a project's history. */
export default class ActivityTransformer extends BaseTransformer<Activity> {
  toObject() {
    const activity = this.resource
    return {
      id: activity.id,
      milestone_id: activity.milestoneId,
      subject: { type: activity.subjectType, id: activity.subjectId },
      actor: { type: activity.actorType, id: activity.actorId },
      action: activity.action,
      from_status: activity.fromStatus,
      to_status: activity.toStatus,
      details: activity.details as Record<string, unknown>,
      at: isoTime(activity.at),
    }
  }
}
