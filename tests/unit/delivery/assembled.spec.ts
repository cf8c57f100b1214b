import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'

/** What the compiler makes of a TypeScript file of ours. */
const compiled = (source: string) => source.replace(/\.ts$/, '.js')

/** Everything of ours that is compiled: the build of this very source, but for what is in the files. */
function buildOf(root: string): string[] {
  const sources = globSync(
    '{.adonisjs,app,bin,client,config,database,sandbox,start,tests}/**/*.ts',
    {
      cwd: root,
    }
  )
  const views = globSync('{resources/views,public}/**/*.*', { cwd: root })
  return [
    ...sources.filter((file) => !file.endsWith('.d.ts')).map(compiled),
    ...views,
    ...['ace.js', 'adonisrc.js', 'package.json', 'package-lock.json', 'vite.config.js', '.env'],
    ...['resources/docs.css', 'database/guards.json', 'app/jobs/queue.js.map', 'public/x.txt'],
  ]
}

/** Puts together what production runs, as the Dockerfile does, out of a build whose files are empty. */
function assembled(): { built: string[]; files: string[] } {
  const root = app.makePath()
  const dir = mkdtempSync(app.makePath('tmp', 'assembled-'))
  try {
    const built = buildOf(root)
    const docker = ['docker/entrypoint', 'docker/healthcheck.mjs', 'docker/assemble.mjs']
    for (const file of [...built.map((each) => join('build', each)), ...docker]) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), '')
    }
    mkdirSync(join(dir, 'node_modules'))
    writeFileSync(join(dir, 'node_modules/.package-lock.json'), '{"packages":{}}')
    writeFileSync(join(dir, 'package.json'), '{"dependencies":{}}')
    execFileSync(process.execPath, [join(root, 'docker/assemble.mjs'), 'out'], { cwd: dir })
    const out = join(dir, 'out/app')
    const files = [...globSync('**/*.*', { cwd: out }), ...globSync('**/.*/**/*.*', { cwd: out })]
    return { built, files: files.filter((file) => existsSync(join(out, file))) }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test.group('What production runs', () => {
  test('has no tests, no stand-ins, no demo, no tools and no settings of a developer', ({
    assert,
  }) => {
    const { built, files } = assembled()
    const OF_DEVELOPMENT =
      /^(tests|sandbox|client|database\/(demo|seeders)|bin\/(?!(console|failed_to_start|otel|server)\.js$))|\.spec\.js$|\.ts$|\.map$|^\.env|vite\.config/
    const left = built.filter((file) => OF_DEVELOPMENT.test(file))
    for (const folder of ['tests/', 'sandbox/', 'database/demo/', 'bin/surroundings/']) {
      assert.isTrue(
        left.some((file) => file.startsWith(folder)),
        `a build has ${folder}`
      )
    }
    assert.isEmpty(files.filter((file) => OF_DEVELOPMENT.test(file)))
  })

  test('has all else', ({ assert }) => {
    const { built, files } = assembled()
    const ours = built.filter((file) => /^(app|config|start|database\/migrations)\//.test(file))
    assert.isAbove(ours.length, 400)
    assert.includeMembers(
      files,
      ours.filter((file) => !file.endsWith('.map'))
    )
    for (const file of ['bin/server.js', 'bin/console.js', 'ace.js', 'docker/healthcheck.mjs']) {
      assert.include(files, file)
    }
  })
})
