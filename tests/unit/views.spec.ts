import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import edge from 'edge.js'
import { test } from '@japa/runner'
import ViewsProvider from '#providers/views_provider'

test.group('Views', (group) => {
  group.each.setup(() => {
    const { loader } = edge
    const own = loader.listComponents
    return () => void (loader.listComponents = own)
  })

  /** How often folders are listed while three renderers are made. */
  function looks(): number {
    const { readdirSync } = fs
    let count = 0
    fs.readdirSync = ((...args: Parameters<typeof readdirSync>) => {
      count++
      return readdirSync(...args)
    }) as typeof readdirSync
    syncBuiltinESMExports()
    try {
      for (let i = 0; i < 3; i++) edge.createRenderer()
    } finally {
      fs.readdirSync = readdirSync
      syncBuiltinESMExports()
    }
    return count
  }

  test('are looked for on the disk once in production, and know their components all the same', async ({
    assert,
  }) => {
    await new ViewsProvider({ inProduction: true }).boot()
    const known = edge.loader.listComponents()
    assert.isNotEmpty(known.flatMap(({ components }) => components))
    assert.equal(looks(), 0)
    assert.strictEqual(edge.loader.listComponents(), known)
  })

  test('are looked for each time while they are written', async ({ assert }) => {
    await new ViewsProvider({ inProduction: false }).boot()
    assert.isAtLeast(looks(), 3)
  })
})
