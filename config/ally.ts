import { defineConfig } from '@adonisjs/ally'
import type { InferSocialProviders } from '@adonisjs/ally/types'
import { GithubSignIn, GoogleSignIn } from '#identity/oauth/drivers'
import { settingsOf } from '#identity/oauth/providers'

const allyConfig = defineConfig({
  google: (ctx) => new GoogleSignIn(ctx, settingsOf('google')),
  // Ally would ask for leave to write, too.
  github: (ctx) =>
    new GithubSignIn(ctx, { ...settingsOf('github'), scopes: ['read:user', 'user:email'] }),
})

export default allyConfig

declare module '@adonisjs/ally/types' {
  interface SocialProviders extends InferSocialProviders<typeof allyConfig> {}
}
