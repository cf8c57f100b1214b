import { inspect } from 'node:util'
import { withoutSecrets } from '#start/without_secrets'

/** What is wrong with the settings: who sets them has use for their names, and none for a stack trace. */
const OF_SETTINGS =
  /^E_(INVALID_ENV_VARIABLES|NOT_FIT_FOR_LIVE_MONEY|NO_SIGNING_KEY|BAD_SIGNING_KEY)$/

/** Whether it is the settings that are to blame. */
export function isOfSettings(error: unknown): boolean {
  return OF_SETTINGS.test((error as { code?: string } | undefined)?.code ?? '')
}

/** Says why a process does not start, without any secret, and lets it end with 1. */
export async function failedToStart(error: unknown): Promise<void> {
  process.exitCode = 1
  const { code, message, help } = error as { code?: string; message?: string; help?: string }
  if (!isOfSettings(error)) return console.error(withoutSecrets(await described(error)))
  const lines = help ? help.split('\n') : []
  const said =
    code === 'E_INVALID_ENV_VARIABLES'
      ? `SafeSend does not start: ${lines.length} of its settings ${lines.length === 1 ? 'is' : 'are'} not right (environment variables; .env.example explains each).`
      : `SafeSend does not start. ${message}`
  console.error(withoutSecrets([said, ...lines].join('\n')))
}

/** With its source where Youch is installed, which production is without. */
async function described(error: unknown): Promise<string> {
  try {
    const { Youch } = await import('youch')
    return await new Youch().toANSI(error as Error)
  } catch {
    return inspect(error)
  }
}
