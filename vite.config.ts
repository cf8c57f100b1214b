import adonisjs from '@adonisjs/vite/client'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [
    adonisjs({
      entryPoints: ['resources/js/console.ts', 'resources/css/console.css'],
      reload: ['resources/views/console/**/*.edge', 'resources/views/components/**/*.edge'],
    }),
  ],
  server: { watch: { ignored: ['**/storage/**', '**/tmp/**', '**/build/**'] } },
})
