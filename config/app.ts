import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'

/** Encrypts cookies and signed values. Changing it makes everything encrypted before unreadable. */
export const appKey = env.get('APP_KEY')

/** Where this API is reached from outside; links in e-mails are built on it. */
export const appUrl = env.get('APP_URL')

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,
})
