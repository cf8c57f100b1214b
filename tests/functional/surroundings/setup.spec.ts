import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'

/** Runs `bin/setup` on a machine that has nothing but Node and the programs of the script itself. */
async function setup(bin: string, ...args: string[]) {
  await symlink(process.execPath, join(bin, 'node'))
  for (const name of ['dirname', 'id', 'uname']) await symlink(`/usr/bin/${name}`, join(bin, name))
  const child = spawn('/bin/sh', [app.makePath('bin/setup'), ...args], {
    env: { PATH: bin },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'exit')
  return { code, said: (await said).join('') }
}

test.group('bin/setup', (group) => {
  let bin: string
  group.each.setup(async () => {
    bin = await mkdtemp(app.makePath('tmp', 'bin-'))
    return () => rm(bin, { recursive: true, force: true })
  })

  test('asks nothing more of a machine than Node, and says nothing', async ({ assert }) => {
    assert.deepEqual(await setup(bin), { code: 0, said: '' })
  })

  test('names the packages that the tests miss where it cannot install them', async ({
    assert,
  }) => {
    const { code, said } = await setup(bin, '--tests')
    assert.equal(code, 1)
    assert.match(said, /^setup: the tests need servers .* install the packages redis-server/)
  })

  test('names the packages that make an image where it cannot install them', async ({ assert }) => {
    const { code, said } = await setup(bin, '--image')
    assert.equal(code, 1)
    assert.match(said, /^setup: an image needs tools .* install the packages podman runc/)
  })

  test('refuses an argument that it does not know', async ({ assert }) => {
    const { code, said } = await setup(bin, '--test')
    assert.equal(code, 1)
    assert.include(said, 'unknown argument --test')
  })
})
