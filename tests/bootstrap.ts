import app from '@adonisjs/core/services/app'
import testUtils from '@adonisjs/core/services/test_utils'
import { apiClient } from '@japa/api-client'
import { assert } from '@japa/assert'
import { pluginAdonisJS } from '@japa/plugin-adonisjs'
import type { Runner } from '@japa/runner/core'
import type { Config, PluginFn } from '@japa/runner/types'
import { startSandbox } from '#tests/support/sandbox'

/** `npm test` has set all of this up; without it a test would write into somebody's database. */
if (!process.env.DATABASE_URL?.endsWith('/safesend_test')) {
  throw new Error('Tests need surroundings of their own: run them with "npm test".')
}

const baseUrl = `http://${process.env.HOST}:${process.env.PORT}`

export const plugins: Config['plugins'] = [
  refuseUnknownSuites,
  assert(),
  apiClient(baseUrl),
  pluginAdonisJS(app),
]

export const runnerHooks: Required<Pick<Config, 'setup' | 'teardown'>> = {
  setup: [],
  teardown: [failIfNothingRan],
}

/** What tests more than one unit talks over real HTTP: to our server, and our server to Stripe. */
export const configureSuite: Config['configureSuite'] = (suite) => {
  if (suite.name === 'unit') return
  suite.setup(startSandbox)
  suite.setup(() => testUtils.httpServer().start())
}

/** Japa would do so too, with a stack trace of its own. */
function refuseUnknownSuites({ config }: Parameters<PluginFn>[0]): void {
  const known = 'suites' in config ? config.suites.map(({ name }) => name) : []
  const unknown = (config.filters.suites ?? []).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  console.error(`test: unknown suite ${unknown.join(', ')}. There are ${known.join(', ')}.`)
  process.exit(2)
}

/** A misspelt file or title must not look like tests that passed. */
function failIfNothingRan(runner: Runner): void {
  if (runner.getSummary().aggregates.total > 0) return
  console.error('No test fits these arguments.')
  process.exitCode = 1
}
