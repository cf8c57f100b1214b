import { readdirSync } from 'node:fs'
import adonisjs from '@adonisjs/vite/client'
import { defineConfig } from 'vite'
import { compressed } from './bin/surroundings/compressed.js'

export default defineConfig({
  plugins: [
    adonisjs({
      entryPoints: [
        'resources/js/console.ts',
        'resources/css/console.css',
        'resources/js/site.ts',
        'resources/js/service_worker.ts',
        'resources/css/site.css',
      ],
      assets: { assets: readdirSync('resources/site').map((name) => `resources/site/${name}`) },
      reload: [
        'resources/views/console/**/*.edge',
        'resources/views/site/**/*.edge',
        'resources/views/components/**/*.edge',
      ],
    }),
    compressed(),
  ],
  // Compressing takes most of the time, as it should.
  build: { rolldownOptions: { checks: { pluginTimings: false } } },
  server: { watch: { ignored: ['**/storage/**', '**/tmp/**', '**/build/**'] } },
})
