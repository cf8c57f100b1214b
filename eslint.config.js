import { configApp } from '@adonisjs/eslint-config'

export default configApp(
  { ignores: ['tmp/**', 'client/schema.d.ts'] },
  {
    // A test asks one thing of one answer: `assert.equal((await ask()).status, 200)` reads best.
    files: ['tests/**/*.ts'],
    rules: { '@unicorn/no-await-expression-member': 'off' },
  },
  {
    // Lucid's own reports success when COMMIT failed. What only reads does not care.
    files: ['app/**/*.ts'],
    ignores: ['app/ledger/verify.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='db'][callee.property.name='transaction']",
          message: 'Use inTransaction of #database/transaction: it notices a COMMIT that failed.',
        },
      ],
    },
  }
)
