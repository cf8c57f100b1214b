import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'

/** Stands in for `az`: answers by the first pattern that fits, and writes down what it was told. */
const AZ = String.raw`#!/bin/sh
file='' before=''
for arg; do
  case "$before $arg" in
    '--file '*) file=$arg ;;
    *' @'*) file=$(expr "$arg" : '@\(.*\)') ;;
  esac
  before=$arg
done
printf '%s\037' "$*" "$DATABASE_SERVER" "$WITH_APPS" >>"$AZ_CALLS"
[ -z "$file" ] || cat "$file" >>"$AZ_CALLS"
printf '\036' >>"$AZ_CALLS"
LINE="$*" exec awk -F '\t' 'ENVIRON["LINE"] ~ $1 { print $2; exit $3 }' "$AZ_ANSWERS"
`

type Answers = [pattern: string, output: string, status?: number][]

interface Call {
  line: string
  written?: string
  DATABASE_SERVER?: string
  WITH_APPS?: string
}

/** A copy of `infra/`, whose parameters are somebody's own, and the commands that it would find on a machine. */
function machine() {
  const folder = mkdtempSync(join(tmpdir(), 'safesend-infra-'))
  const calls = join(folder, 'calls')
  const answers = join(folder, 'answers')
  cpSync(app.makePath('infra'), join(folder, 'infra'), { recursive: true })
  writeFileSync(calls, '')
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  put('az', AZ)
  put('curl', '#!/bin/sh\necho 203.0.113.9\n')
  put('sleep', '#!/bin/sh\n')
  return {
    folder,
    /** Puts somebody's own values in the place of the examples. */
    own(...lines: [name: string, value: string][]) {
      for (const environment of ['staging', 'production']) {
        const file = join(folder, `infra/parameters/${environment}.bicepparam`)
        const text = lines.reduce(
          (said, [name, value]) =>
            said.replace(
              new RegExp(`(\\b${name}(?: =|:)) '[^']*'`),
              (_, before) => `${before} '${value}'`
            ),
          readFileSync(file, 'utf8')
        )
        writeFileSync(file, text)
      }
    },
    run(
      script: string,
      args: string[],
      given: Answers,
      env: Record<string, string> = {},
      input = ''
    ) {
      writeFileSync(calls, '')
      writeFileSync(answers, given.map((answer) => `${answer.join('\t')}\n`).join(''))
      const { status, stdout, stderr } = spawnSync(join(folder, 'infra', script), args, {
        encoding: 'utf8',
        input,
        env: {
          PATH: `${folder}:${process.env.PATH}`,
          CI: 'true',
          AZ_CALLS: calls,
          AZ_ANSWERS: answers,
          ...env,
        },
      })
      const made = readFileSync(calls, 'utf8').split('\u001E').slice(0, -1)
      return {
        status,
        stdout,
        stderr,
        calls: made.map((one): Call => {
          const [line, server, withApps, written] = one.split('\u001F')
          return { line, DATABASE_SERVER: server, WITH_APPS: withApps, written }
        }),
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

const OWN: [string, string][] = [
  ['hostName', 'pay.acme.test'],
  ['githubRepository', 'acme/safesend'],
  ['operatorsGroupId', '7f3c0d1e-0d52-4c1b-9a62-0f1a2b3c4d5e'],
  ['alertEmail', 'on-call@acme.test'],
  ['FRONTEND_URL', 'https://app.acme.test'],
  ['CORS_ORIGINS', 'https://app.acme.test'],
  ['COMPANY_NAME', 'Acme Payments Ltd'],
  ['COMPANY_ADDRESS', '1 High Street, Acme'],
  ['SUPPORT_EMAIL', 'help@acme.test'],
  ['MAIL_FROM', 'SafeSend <escrow@acme.test>'],
  ['SMTP_HOST', 'smtp.acme.test'],
  ['SMTP_USERNAME', 'acme'],
  ['STRIPE_PUBLISHABLE_KEY', 'pk_live_acme'],
]

const PASSWORD = 'f00dAa1'

/** An environment that runs, on the server `main`, beside which `restored` was made. */
const RUNS: Answers = [
  [
    'appsettings list',
    '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/database-url-main)',
  ],
  ["webapp list .*'-web-'", 'safesend-web'],
  ["webapp list .*'-worker-'", 'safesend-worker'],
  ['webapp show .*--query state', 'Stopped'],
  ['webapp show .*--slot staging .*--query id', '/web/slots/staging'],
  ['webapp show .*-worker .*--query id', '/worker'],
  ['webapp show .*--query id', '/web'],
  ['webapp config show', 'DOCKER|registry/safesend:abc'],
  ['keyvault list .*vaultUri', 'https://v.vault.azure.net/'],
  ['keyvault list', 'v'],
  [
    'secret show .*--name database-url-main',
    `postgres://safesend:${PASSWORD}@main.pg:5432/safesend?sslmode=verify-full`,
  ],
  [
    'secret show .*--name database-admin-url-main',
    `postgres://admin:${PASSWORD}x@main.pg:5432/safesend?sslmode=require`,
  ],
  ['secret show .*password', PASSWORD],
  ["flexible-server list .*name=='main'", 'main'],
  ["flexible-server list .*name=='restored'", 'restored'],
  ['flexible-server list .*name==', ''],
  ['flexible-server list', 'main'],
  ['flexible-server show .*fullyQualified', 'restored.pg'],
  ['flexible-server show .*--query state', 'Ready'],
  ['flexible-server show .*--query id', '/servers/restored'],
  ['list-service-tags', '147.243.0.0/16'],
  ['acr list', 'registry'],
  ['deployment group create', '{"webName":{"value":"safesend-web"}}'],
  ['job show .*--query id', '/jobs/ace'],
  ['job show .*userAssignedIdentities', '/identities/app'],
  [
    'job show .*properties.template',
    JSON.stringify({
      containers: [
        {
          name: 'safesend',
          image: 'registry/safesend:abc',
          env: [
            { name: 'LOG_LEVEL', value: 'info' },
            { name: 'DATABASE_URL', secretRef: 'database-url' },
          ],
          resources: { cpu: 1, memory: '2Gi', ephemeralStorage: '4Gi' },
        },
      ],
    }),
  ],
  ['^rest .*/start', 'execution-1'],
  ['execution show', 'Succeeded'],
]

test.group('The scripts of Azure', (group) => {
  let on: ReturnType<typeof machine>
  group.each.setup(() => {
    on = machine()
    return () => on.remove()
  })
  const deployed = (calls: Call[]) => calls.filter(({ line }) => /^deployment group/.test(line))
  const changed = (calls: Call[]) =>
    calls.filter(({ line }) => / (create|set|update|start|restart|patch|post) /.test(` ${line} `))

  test('are ones that a shell can read', ({ assert }) => {
    const scripts = readdirSync(app.makePath('infra')).filter((name) => name.endsWith('.sh'))
    assert.isAbove(scripts.length, 5)
    for (const script of scripts) {
      assert.doesNotThrow(() => execFileSync('sh', ['-n', app.makePath('infra', script)]), script)
    }
  })

  test('deploy nothing as long as a parameter is an example, and name each', ({ assert }) => {
    const { status, stderr, calls } = on.run('deploy.sh', ['production', 'westeurope'], RUNS)
    assert.equal(status, 1)
    for (const [name] of OWN) assert.match(stderr, new RegExp(`^ +${name}$`, 'm'))
    assert.deepEqual(calls, [])
    for (const left of OWN) {
      const others = OWN.filter((one) => one !== left)
      const again = machine()
      again.own(...others)
      const said = again.run('deploy.sh', ['staging', 'westeurope'], RUNS)
      again.remove()
      assert.equal(said.status, 1, left[0])
      assert.match(said.stderr, new RegExp(`:\n +${left[0]}\n$`))
    }
  })

  test('deploy nothing whose mails lead to SafeSend itself, which has no such pages', ({
    assert,
  }) => {
    on.own(...OWN, ['FRONTEND_URL', 'https://pay.acme.test'])
    const { status, stderr, calls } = on.run('deploy.sh', ['production', 'westeurope'], RUNS)
    assert.equal(status, 1)
    assert.match(stderr, /FRONTEND_URL/)
    assert.deepEqual(calls, [])
  })

  test('keep the database server that web has, also after a restore', ({ assert }) => {
    on.own(...OWN)
    const restored: Answers = [['appsettings list', 'x/secrets/database-url-restored/)'], ...RUNS]
    for (const [answers, server] of [
      [RUNS, 'main'],
      [restored, 'restored'],
    ] as const) {
      const { status, stderr, calls } = on.run('deploy.sh', ['production', 'west', 'apps'], answers)
      assert.equal(status, 0, stderr)
      const [deployment] = deployed(calls)
      assert.equal(deployment.DATABASE_SERVER, server)
      assert.equal(deployment.WITH_APPS, 'true')
    }
  })

  test('leave the name of the first server to the template', ({ assert }) => {
    on.own(...OWN)
    const nothing: Answers = RUNS.map(([pattern, output]) =>
      /webapp list|keyvault list|flexible-server list/.test(pattern)
        ? [pattern, '']
        : [pattern, output]
    )
    const { status, stderr, calls } = on.run('deploy.sh', ['production', 'west'], nothing)
    assert.equal(status, 0, stderr)
    assert.equal(deployed(calls)[0].DATABASE_SERVER, '')
  })

  test('make no empty server in the place of one that is lost', ({ assert }) => {
    on.own(...OWN)
    const lost: Answers = [["flexible-server list .*name=='main'", ''], ...RUNS]
    const { status, stderr, calls } = on.run('deploy.sh', ['production', 'west', 'apps'], lost)
    assert.equal(status, 1)
    assert.match(stderr, /no database server main/)
    assert.lengthOf(deployed(calls), 0)
  })

  test('switch to another server only when nothing runs, and everything together', ({ assert }) => {
    on.own(...OWN)
    const to = { DATABASE_SERVER: 'restored' }
    const alone = on.run('deploy.sh', ['production', 'west'], RUNS, to)
    assert.equal(alone.status, 1)
    assert.match(alone.stderr, /needs "apps"/)
    for (const still of [
      '--name safesend-worker',
      '--slot staging',
      '--name safesend-web --query',
    ]) {
      const runs: Answers = [[`webapp show .*${still}.*state`, 'Running'], ...RUNS]
      const { status, stderr, calls } = on.run(
        'deploy.sh',
        ['production', 'west', 'apps'],
        runs,
        to
      )
      assert.equal(status, 1, still)
      assert.match(stderr, /while something runs/)
      assert.lengthOf(deployed(calls), 0)
    }
    const misspelt = { DATABASE_SERVER: 'restord' }
    assert.equal(on.run('deploy.sh', ['production', 'west', 'apps'], RUNS, misspelt).status, 1)
    const { status, stderr, calls } = on.run('deploy.sh', ['production', 'west', 'apps'], RUNS, to)
    assert.equal(status, 0, stderr)
    assert.equal(deployed(calls)[0].DATABASE_SERVER, 'restored')
  })

  test('put the addresses of a restored server into the vault, and no secret on a command line', ({
    assert,
  }) => {
    const { status, stdout, stderr, calls } = on.run(
      'restored.sh',
      ['production', 'restored'],
      RUNS
    )
    assert.equal(status, 0, stderr)
    const patch = calls.find(({ line }) => line.startsWith('rest --method patch'))!
    assert.match(patch.line, /--url \/servers\/restored\?api-version=/)
    assert.deepEqual(JSON.parse(patch.written!), {
      properties: { administratorLoginPassword: PASSWORD },
    })
    const written = new Map(
      calls
        .filter(({ line }) => line.startsWith('keyvault secret set'))
        .map((call) => [/--name (\S+)/.exec(call.line)![1], call.written])
    )
    assert.deepEqual(Object.fromEntries(written), {
      'database-url-restored': `postgres://safesend:${PASSWORD}@restored.pg:5432/safesend?sslmode=verify-full`,
      'database-admin-url-restored': `postgres://admin:${PASSWORD}x@restored.pg:5432/safesend?sslmode=require`,
    })
    for (const { line } of calls) assert.notInclude(line, PASSWORD)
    assert.notInclude(stdout + stderr, PASSWORD)
    assert.isTrue(calls.some(({ line }) => /network-rule remove .*203\.0\.113\.9/.test(line)))
  })

  test('take the server that is in use for no restored one', ({ assert }) => {
    const { status, stderr, calls } = on.run('restored.sh', ['production', 'main'], RUNS)
    assert.equal(status, 2)
    assert.match(stderr, /main is the server that web and worker have/)
    assert.deepEqual(changed(calls), [])
  })

  test('run a command on a restored server by a reference to the vault', ({ assert }) => {
    for (const [option, command, variable, secret] of [
      ['--backup', ['ace', 'backup:verify'], 'BACKUP_DATABASE_URL', 'database-url-restored'],
      [
        '--database',
        ['ace', 'recovery:begin', '--by', 'Ada B'],
        'DATABASE_URL',
        'database-url-restored',
      ],
      ['--database', ['migrate'], 'DATABASE_URL', 'database-url-restored'],
      ['--database', ['role'], 'ADMIN_URL', 'database-admin-url-restored'],
    ] as const) {
      const args = ['production', option, 'restored', ...command]
      const { status, stdout, stderr, calls } = on.run('run.sh', args, RUNS)
      assert.equal(status, 0, stderr)
      assert.include(stdout, 'execution-1 Succeeded')
      const set = calls.find(({ line }) => line.startsWith('containerapp job secret set'))!
      assert.include(set.line, `--name safesend-production-${command[0]} `)
      assert.include(
        set.line,
        `other-database=keyvaultref:https://v.vault.azure.net/secrets/${secret},identityref:/identities/app`
      )
      const start = calls.find(({ line }) => /^rest .*\/start/.test(line))!
      const [container] = JSON.parse(/--body (\{.*\}) --query/.exec(start.line)![1]).containers
      const env = new Map(
        container.env.map((one: { name: string; secretRef?: string }) => [one.name, one.secretRef])
      )
      assert.equal(env.get(variable), 'other-database')
      assert.equal(env.size, container.env.length)
      if (variable !== 'DATABASE_URL') assert.equal(env.get('DATABASE_URL'), 'database-url')
      if (command[0] === 'ace') assert.deepEqual(container.args, command)
    }
  })

  test('run every other command as the job is, and say by their status how it went', ({
    assert,
  }) => {
    const args = ['production', 'ace', 'reconcile:ledger', '--by', 'O\'Hara "x"']
    // A release has changed the image of web, and not of the job.
    const { status, calls } = on.run('run.sh', args, [
      ['execution show', 'Failed'],
      ['webapp config show', 'DOCKER|registry/safesend:newer'],
      ...RUNS,
    ])
    assert.equal(status, 1)
    assert.isFalse(calls.some(({ line }) => line.includes('secret set')))
    const start = calls.find(({ line }) => /^rest .*\/start/.test(line))!
    const [container] = JSON.parse(/--body (\{.*\}) --query/.exec(start.line)![1]).containers
    assert.deepEqual(container.args, args.slice(1))
    assert.equal(container.image, 'registry/safesend:newer')
    assert.notInclude(start.line, 'other-database')
    const release = on.run('run.sh', ['production', 'migrate'], RUNS, {
      IMAGE: 'registry/safesend:next',
    })
    assert.equal(release.status, 0)
    assert.isTrue(release.calls.some(({ line }) => /start.*safesend:next/.test(line)))
    assert.equal(
      on.run('run.sh', ['production', '--backup', 'restored', 'migrate'], RUNS).status,
      2
    )
  })

  test('make keys only where there are none, and ask for them after --ask', ({ assert }) => {
    const written = (args: string[], answers: Answers, input = '') => {
      const said = on.run('secrets.sh', ['production', ...args], answers, {}, input)
      assert.equal(said.status, 0, said.stderr)
      assert.isTrue(said.calls.some(({ line }) => line.includes('network-rule remove')))
      return said.calls
        .filter(({ line }) => line.startsWith('keyvault secret set'))
        .map((call) => [/--name (\S+)/.exec(call.line)![1], call.written!])
    }
    const empty: Answers = [['secret show', ''], ...RUNS]
    const made = written(['APP_KEY', 'JWT_PRIVATE_KEY', 'SMTP_PASSWORD'], empty, 'mail secret\n')
    assert.deepEqual(
      made.map(([name]) => name),
      ['app-key', 'jwt-private-key', 'smtp-password']
    )
    assert.match(made[0][1], /^[\da-f]{32}$/)
    assert.match(made[1][1], /^-----BEGIN PRIVATE KEY-----\\n.+\\n$/)
    assert.equal(made[2][1], 'mail secret')
    assert.deepEqual(written(['APP_KEY'], [['secret show', 'there'], ...RUNS]), [])
    assert.deepEqual(written(['--ask', 'APP_KEY'], empty, 'of before\n'), [
      ['app-key', 'of before'],
    ])
    assert.deepEqual(written(['--ask', 'APP_KEY', 'SMTP_PASSWORD'], empty, '\n\n'), [])
  })

  test('have web, slot and worker read the vault anew before they begin again', ({ assert }) => {
    const { status, stderr, calls } = on.run('restart.sh', ['staging'], RUNS)
    assert.equal(status, 0, stderr)
    const done = changed(calls).map(({ line }) =>
      line.replace(/ --(output|resource-group) \S+/g, '')
    )
    const refresh = (id: string) =>
      `rest --method post --url ${id}/config/configreferences/appsettings/refresh?api-version=2025-03-01`
    assert.deepEqual(done, [
      refresh('/worker'),
      'webapp restart --name safesend-worker',
      refresh('/web'),
      'webapp restart --name safesend-web',
      refresh('/web/slots/staging'),
      'webapp restart --name safesend-web --slot staging',
    ])
  })
})
