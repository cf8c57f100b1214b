import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, syncDestination, targets } from '@adonisjs/core/logger'
import { aboutLine } from '#telemetry/log_line'
import { withoutSecrets } from '#start/without_secrets'

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
      hooks: { streamWrite: withoutSecrets },
      desination: !app.inProduction ? await syncDestination() : undefined,
      transport: { targets: [targets.file({ destination: 1 })] },
    },
  },
})

export default loggerConfig

declare module '@adonisjs/core/types' {
  export interface LoggersList extends InferLoggers<typeof loggerConfig> {}
}
