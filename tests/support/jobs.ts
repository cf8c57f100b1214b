import { drainQueue, type DrainOptions } from '#jobs/queue'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

/** Runs every job that is due. @throws the first failure, unless failures are what is tested */
export async function drain(options: DrainOptions & { mayFail?: boolean } = {}) {
  const result = await drainQueue(options)
  if (!options.mayFail && result.errors.length > 0) throw result.errors[0].error
  return result
}

/** Delivers webhooks and runs jobs, turn by turn, until neither is left. */
export async function settle(options: DrainOptions & { mayFail?: boolean } = {}): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await sandbox.flushWebhooks()
    await paypalSandbox.flushWebhooks()
    const { done, failed } = await drain(options)
    if (done + failed === 0) return
  }
  throw new Error('Webhooks and jobs keep causing each other.')
}
