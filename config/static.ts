import { defineConfig } from '@adonisjs/static'

/** Names of built assets carry a hash of what is in them, so they never change. */
const staticConfig = defineConfig({
  enabled: true,
  etag: true,
  lastModified: true,
  dotFiles: 'ignore',
  headers: () => ({ 'cache-control': 'public, max-age=31536000, immutable' }),
})

export default staticConfig
