import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, syncDestination, targets } from '@adonisjs/core/logger'
import { aboutLine } from '#telemetry/log_line'
import { withoutSecrets } from '#start/without_secrets'

/**
 * JSON escapes what is below a blank. A terminal also takes 7F to 9F for commands, and some readers take other
 * characters for the end of a line, or for a turn of its direction.
 */
const COMMANDS = /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g

/** A line that shows as what it is, wherever it is read: the same JSON, with more of it escaped. */
const withoutCommands = (line: string) =>
  line.replaceAll(COMMANDS, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)

const loggerConfig = defineConfig({
  default: 'app',
  loggers: {
    app: {
      enabled: true,
      name: 'safesend',
      level: env.get('LOG_LEVEL'),
      mixin: aboutLine,
      // The whole line as it is about to be written: whatever is in it, at any depth, in an error of a package
      // or in words.
      hooks: { streamWrite: (line) => withoutCommands(withoutSecrets(line)) },
      desination: !app.inProduction ? await syncDestination() : undefined,
      transport: { targets: [targets.file({ destination: 1 })] },
    },
  },
})

export default loggerConfig

declare module '@adonisjs/core/types' {
  export interface LoggersList extends InferLoggers<typeof loggerConfig> {}
}
