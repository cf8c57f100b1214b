import { purgeIdempotencyKeys } from '#escrow/idempotency'
import { defineJob } from '#jobs/queue'

export default defineJob({
  name: 'purge_idempotency_keys',
  schedule: '17 * * * *',
  async handle(_, { logger }) {
    logger.info({ deleted: await purgeIdempotencyKeys() }, 'old idempotency keys deleted')
  },
})
