import { existsSync, readdirSync, readFileSync } from 'node:fs'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import { parse } from 'yaml'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Workflow {
  permissions?: Record<string, string>
  jobs: Record<string, { 'timeout-minutes'?: number; 'uses'?: string; 'steps'?: Step[] }>
}

const DIR = '.github/workflows'
const read = (path: string) => readFileSync(app.makePath(path), 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

const names = () => readdirSync(app.makePath(DIR)).filter((name) => /\.ya?ml$/.test(name))
const workflow = (name: string) => parse(read(`${DIR}/${name}`)) as Workflow
const steps = ({ jobs }: Workflow) => Object.values(jobs).flatMap((job) => job.steps ?? [])

/** Names of our npm scripts, and paths of our own files, that a shell command calls. */
function called(command: string) {
  const npm = [...command.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:-]+)/g)].map(
    ([, name]) => name
  )
  const files = [...command.matchAll(/(?:^|[\s;&|(])((?:bin|docker|infra)\/[\w./-]+)/gm)]
  const builtIn = ['ci', 'audit', 'install', 'config']
  return {
    scripts: npm.filter((name) => !builtIn.includes(name)),
    files: files.map(([, file]) => file),
  }
}

test.group('Workflows', () => {
  test('run actions of others only at a commit, which nobody can move', ({ assert }) => {
    const used = names().flatMap((name) => steps(workflow(name)).flatMap(({ uses }) => uses ?? []))
    assert.isAbove(used.length, 5)
    for (const action of used) assert.match(action, /^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/)
  })

  test('ask for the rights that they need, and write to the repository with none of them', ({
    assert,
  }) => {
    for (const name of names()) {
      const { permissions } = workflow(name)
      assert.isDefined(permissions, `${name} says which rights it has`)
      assert.notEqual(permissions!.contents, 'write', name)
    }
  })

  test('leave no credentials in what they check out, and end', ({ assert }) => {
    for (const name of names()) {
      for (const step of steps(workflow(name))) {
        if (!step.uses?.startsWith('actions/checkout@')) continue
        assert.isFalse(step.with?.['persist-credentials'], `${name}: ${step.uses}`)
      }
      for (const [job, settings] of Object.entries(workflow(name).jobs)) {
        if (!settings.uses) assert.isNumber(settings['timeout-minutes'], `${name}: ${job}`)
      }
    }
  })

  test('call scripts that are there', ({ assert }) => {
    const commands = names().flatMap((name) =>
      steps(workflow(name)).flatMap(({ run }) => run ?? [])
    )
    for (const { scripts: wanted, files } of commands.map(called)) {
      for (const name of wanted) assert.property(scripts, name)
      for (const file of files) assert.isTrue(existsSync(app.makePath(file)), file)
    }
  })

  test('put no word of a stranger into a shell', ({ assert }) => {
    const theirs = /\$\{\{[^}]*github\.(event\.(issue|pull_request|comment|head_commit)|head_ref)/
    for (const name of names()) {
      for (const { run } of steps(workflow(name))) assert.notMatch(run ?? '', theirs, name)
    }
  })

  test('check what bin/ci checks, with the documents of the providers', ({ assert }) => {
    const checks = workflow('ci.yml').jobs.checks
    const lines = (checks.steps ?? []).flatMap(({ run }) => run?.split('\n') ?? [])
    assert.isTrue(lines.some((line) => line.startsWith('bin/ci')))
    assert.property(parse(read(`${DIR}/ci.yml`)).jobs.checks.env, 'PROVIDER_SPECS')
  })

  test('audit what production installs, and the signatures of all', ({ assert }) => {
    const lines = steps(workflow('ci.yml')).map(({ run }) => run)
    assert.includeMembers(lines, [
      'npm audit --omit=dev --audit-level=high',
      'npm audit signatures',
    ])
  })
})

test.group('bin/ci', () => {
  test('has steps that are there, within the time that a machine is given', ({ assert }) => {
    const source = read('bin/surroundings/ci.mjs')
    const commands = [...source.matchAll(/command:\s*['`]([^'`]+)['`]/g)].map(([, it]) => it)
    assert.isAbove(commands.length, 8)
    for (const command of commands) {
      const { scripts: wanted, files } = called(command.replace('${ours} ', ' '))
      for (const name of wanted) assert.property(scripts, name)
      for (const file of files) assert.isTrue(existsSync(app.makePath(file)), file)
    }
    assert.include(commands.join('\n'), 'npm run --silent image')
  })
})
