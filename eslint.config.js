import { configApp } from '@adonisjs/eslint-config'

export default configApp({
  // A test asks one thing of one answer: `assert.equal((await ask()).status, 200)` reads best.
  files: ['tests/**/*.ts'],
  rules: { '@unicorn/no-await-expression-member': 'off' },
})
