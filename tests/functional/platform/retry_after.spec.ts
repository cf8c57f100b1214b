import { glob, readFile } from 'node:fs/promises'
import { test } from '@japa/runner'

test('whoever is told that they ask too often is told for how long', async ({ assert }) => {
  let thrown = 0
  for await (const file of glob('app/**/*.ts')) {
    if (file.startsWith('app/openapi/')) continue
    const source = await readFile(file, 'utf8')
    for (const { index } of source.matchAll(/status: 429/g)) {
      thrown++
      const options = source.slice(index, source.indexOf('})', index))
      assert.match(options, /extra: \{ retry_after: /, file)
    }
  }
  assert.isAtLeast(thrown, 5)
})
