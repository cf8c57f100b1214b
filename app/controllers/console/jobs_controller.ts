import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import { listJobs, listQueues, readJob } from '#console/jobs_page'
import { redriveQueue, retryJob } from '#jobs/retry_job'
import { JOB_STATES, jobsFilters } from '#validators/console/jobs'

export default class JobsController {
  async index({ view }: HttpContext) {
    return view.render('console/jobs/index', { queues: await listQueues() })
  }

  async queue({ params, request, view }: HttpContext) {
    const query = await request.validateUsing(jobsFilters, { data: request.qs() })
    const page = await listJobs(params.name, query)
    return view.render('console/jobs/queue', {
      name: params.name,
      page,
      query,
      states: JOB_STATES,
    })
  }

  async show({ params, view }: HttpContext) {
    return view.render('console/jobs/show', await readJob(params.name, params.id))
  }

  async retry(ctx: HttpContext) {
    const { name, id } = ctx.params
    const queue = await retryJob(name, id, await actOf(ctx))
    return doneAt(ctx, `/console/jobs/${queue}`, 'It is tried again now.')
  }

  async redrive(ctx: HttpContext) {
    const { name } = ctx.params
    const count = await redriveQueue(name, await actOf(ctx))
    const jobs = count === 1 ? '1 job is' : `${count} jobs are`
    return doneAt(ctx, `/console/jobs/${name}`, `${jobs} tried again, with all their tries.`)
  }
}
