import { defineConfig } from '@adonisjs/auth'
import type { InferAuthenticators } from '@adonisjs/auth/types'
import { JwtGuard } from '#identity/jwt_guard'

const authConfig = defineConfig({
  default: 'api',
  guards: {
    api: (ctx) => new JwtGuard(ctx),
  },
})

export default authConfig

declare module '@adonisjs/auth/types' {
  export interface Authenticators extends InferAuthenticators<typeof authConfig> {}
}
