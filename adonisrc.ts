import { indexEntities } from '@adonisjs/core'
import { indexPolicies } from '@adonisjs/bouncer'
import { defineConfig } from '@adonisjs/core/app'

export default defineConfig({
  directories: {
    commands: 'app/commands',
    providers: 'app/providers',
  },

  commands: [
    () => import('@adonisjs/core/commands'),
    () => import('@adonisjs/lucid/commands'),
    () => import('@adonisjs/session/commands'),
    () => import('@adonisjs/bouncer/commands'),
    () => import('@adonisjs/mail/commands'),
  ],

  providers: [
    () => import('@adonisjs/core/providers/app_provider'),
    () => import('#providers/telemetry_provider'),
    () => import('@adonisjs/core/providers/hash_provider'),
    { file: () => import('@adonisjs/core/providers/repl_provider'), environment: ['repl', 'test'] },
    () => import('@adonisjs/core/providers/vinejs_provider'),
    () => import('#providers/validation_provider'),
    () => import('@adonisjs/core/providers/edge_provider'),
    () => import('#providers/views_provider'),
    () => import('@adonisjs/lucid/database_provider'),
    () => import('@adonisjs/session/session_provider'),
    () => import('@adonisjs/shield/shield_provider'),
    () => import('@adonisjs/static/static_provider'),
    { file: () => import('#providers/assets_provider'), environment: ['web', 'test'] },
    { file: () => import('#providers/console_views_provider'), environment: ['web', 'test'] },
    () => import('@adonisjs/auth/auth_provider'),
    () => import('@adonisjs/ally/ally_provider'),
    () => import('@adonisjs/bouncer/bouncer_provider'),
    () => import('@adonisjs/cors/cors_provider'),
    () => import('@adonisjs/mail/mail_provider'),
    () => import('@adonisjs/redis/redis_provider'),
    () => import('#providers/redis_log_provider'),
    () => import('@adonisjs/limiter/limiter_provider'),
    () => import('@adonisjs/drive/drive_provider'),
    {
      file: () => import('@adonisjs/transmit/transmit_provider'),
      environment: ['web', 'test'],
    },
    { file: () => import('#providers/identity_provider'), environment: ['web'] },
    { file: () => import('#providers/live_money_provider'), environment: ['web'] },
  ],

  preloads: [() => import('#start/routes'), () => import('#start/kernel')],

  tests: {
    suites: [
      { name: 'unit', files: ['tests/unit/**/*.spec.{ts,js}'], timeout: 10_000 },
      { name: 'functional', files: ['tests/functional/**/*.spec.{ts,js}'], timeout: 60_000 },
      { name: 'browser', files: ['tests/browser/**/*.spec.{ts,js}'], timeout: 300_000 },
      { name: 'heavy', files: ['tests/heavy/**/*.spec.{ts,js}'], timeout: 600_000 },
    ],
    forceExit: false,
  },

  metaFiles: [
    { pattern: 'resources/docs.css', reloadServer: false },
    { pattern: 'resources/breached_passwords.txt.gz', reloadServer: false },
    { pattern: 'resources/views/**/*.edge', reloadServer: false },
    { pattern: 'database/guards.json', reloadServer: false },
    { pattern: 'public/**', reloadServer: false },
  ],

  hooks: {
    init: [indexEntities({ transformers: { enabled: true } }), indexPolicies()],
    buildStarting: [() => import('@adonisjs/vite/build_hook')],
  },
})
