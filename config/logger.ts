import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, syncDestination, targets } from '@adonisjs/core/logger'
import { aboutLine } from '#telemetry/log_line'

const loggerConfig = defineConfig({
  default: 'app',
  loggers: {
    app: {
      enabled: true,
      name: 'safesend',
      level: env.get('LOG_LEVEL'),
      mixin: aboutLine,
      redact: {
        paths: ['*.password', '*.token', '*.refresh_token', '*.authorization', '*.client_secret'],
      },
      desination: !app.inProduction ? await syncDestination() : undefined,
      transport: { targets: [targets.file({ destination: 1 })] },
    },
  },
})

export default loggerConfig

declare module '@adonisjs/core/types' {
  export interface LoggersList extends InferLoggers<typeof loggerConfig> {}
}
