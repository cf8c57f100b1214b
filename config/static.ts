import { defineConfig } from '@adonisjs/static'

/** Names of built assets carry a hash of what is in them, so they never change. */
const staticConfig = defineConfig({
  enabled: true,
  etag: true,
  lastModified: true,
  dotFiles: 'ignore',
  maxAge: '1y',
  immutable: true,
})

export default staticConfig
