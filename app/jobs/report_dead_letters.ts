import { countDeadLetters, defineJob } from '#jobs/queue'

/** Says it again until somebody acts: also for jobs whose worker died before it could say anything. */
export default defineJob({
  name: 'report_dead_letters',
  schedule: '*/15 * * * *',
  retryLimit: 0,
  async handle(_, { logger }) {
    const dead = await countDeadLetters()
    if (Object.keys(dead).length > 0) {
      logger.error({ dead }, 'jobs are in the dead letters: staff must look')
    }
  },
})
