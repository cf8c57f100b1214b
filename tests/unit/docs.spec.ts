import { globSync, readFileSync } from 'node:fs'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'

const read = (file: string) => readFileSync(app.makePath(file), 'utf8')

/** Of the framework and its packages, as far as our documents name them. */
const NOT_OURS = ['build', 'db:seed', 'generate:key', 'migration:run', 'list']

test.group('Documents', () => {
  test('every command that they name is there', ({ assert }) => {
    const commands = globSync('app/commands/*.ts', { cwd: app.makePath() }).flatMap(
      (file) => /commandName = '([\w:-]+)'/.exec(read(file))?.[1] ?? []
    )
    assert.include(commands, 'backup:verify')
    const named = globSync('{docs/*.md,README.md,.env.example}', { cwd: app.makePath() }).flatMap(
      (file) =>
        [...read(file).matchAll(/\b(?:node ace|npm run ace --)\s+([a-z][\w:-]*)/g)].map(
          ([, command]) => ({ file, command })
        )
    )
    assert.isAbove(named.length, 30)
    const missing = named.filter(
      ({ command }) => !commands.includes(command) && !NOT_OURS.includes(command)
    )
    assert.deepEqual(missing, [])
  })

  test('every script that they name is there', ({ assert }) => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = globSync('{docs/*.md,README.md}', { cwd: app.makePath() }).flatMap((file) =>
      [...read(file).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => ({ file, name }))
    )
    assert.deepEqual(
      named.filter(({ name }) => !(name in scripts)),
      []
    )
  })

  test('every link between them leads somewhere', ({ assert }) => {
    const broken = globSync('docs/*.md', { cwd: app.makePath() }).flatMap((file) =>
      [...read(file).matchAll(/\]\(([\w-]+\.md)(?:#[\w-]*)?\)/g)]
        .map(([, target]) => ({ file, target }))
        .filter(({ target }) => !globSync(`docs/${target}`, { cwd: app.makePath() }).length)
    )
    assert.deepEqual(broken, [])
  })

  test('no shell command in them puts a password on a command line', ({ assert }) => {
    for (const file of globSync('docs/*.md', { cwd: app.makePath() })) {
      assert.notMatch(read(file), /--database-url[= ]postgres:\/\/\w+:\w+@/)
    }
  })
})
