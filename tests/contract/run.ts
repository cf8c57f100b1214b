import { assert } from '@japa/assert'
import { configure, processCLIArgs, run } from '@japa/runner'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The contract suite: our stand-ins against the vendors' own documents. It needs no application. */
const specs = process.env.PROVIDER_SPECS
const needed = ['stripe/spec3-2023-08-16.json', 'paypal/checkout_orders_v2.json']
if (!specs || !needed.every((file) => existsSync(join(specs, file)))) {
  console.error(
    [
      'The contract suite needs the API documents of the vendors, which are not part of this project.',
      'Set PROVIDER_SPECS to a folder with stripe/spec3-2023-08-16.json (tag of that date, file',
      "openapi/spec3.json of https://github.com/stripe/openapi) and with PayPal's documents in paypal/",
      '(https://github.com/paypal/paypal-rest-api-specifications).',
    ].join('\n')
  )
  process.exit(1)
}

processCLIArgs(process.argv.slice(2))
configure({
  files: ['tests/contract/**/*.spec.ts'],
  plugins: [assert()],
  // The first check of an operation compiles its part of the document.
  timeout: 30_000,
  importer: (file) => import(file.href),
})
await run()
