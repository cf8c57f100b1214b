import { defineConfig } from '@adonisjs/static'

/** Names of built assets carry a hash of what is in them, so they never change. */
/** Handed on to `serve-static`: a folder is nothing, and is led nowhere. */
const folders = { redirect: false, index: false }

const staticConfig = defineConfig({
  ...folders,
  enabled: true,
  etag: true,
  lastModified: true,
  dotFiles: 'ignore',
  headers: () => ({ 'cache-control': 'public, max-age=31536000, immutable' }),
})

export default staticConfig
