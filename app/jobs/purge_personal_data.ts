import { purgePersonalData } from '#privacy/purge'
import { defineJob } from '#jobs/queue'

export default defineJob({
  name: 'purge_personal_data',
  schedule: '41 2 * * *',
  expireInSeconds: 3600,
  async handle(_, { logger, signal }) {
    logger.info(
      { purged: await purgePersonalData(signal) },
      'personal data past its window deleted'
    )
  },
})
