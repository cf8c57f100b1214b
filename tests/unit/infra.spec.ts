import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from '@japa/runner'
import { assertFitForLiveMoney } from '#start/live_money'
import { readOrigins } from '#start/cors_origins'
import { trustedProxies } from '#start/trusted_proxies'
import {
  bodyOf,
  childrenOf,
  nodesOf,
  parseBicep,
  propertyOf,
  textOf,
  type Declaration,
  type Node,
} from '#tests/support/bicep'

const root = new URL('../../infra/', import.meta.url).pathname
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const list = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))

const templates = ['main.bicep', ...list('modules', '.bicep')]
const environments = list('parameters', '.bicepparam')
const parsed = new Map(
  [...templates, ...environments].map((file) => [file, parseBicep(read(file), file)])
)
const declarations = (file: string) => parsed.get(file)!
const named = (file: string, name: string) => declarations(file).find((one) => one.name === name)!
const of = (file: string, kind: Declaration['kind']) =>
  declarations(file).filter((one) => one.kind === kind)

/** What Bicep brings along, of which we use this much. */
const FUNCTIONS = new Set(
  `bool cidrSubnet concat contains empty environment guid items join json last map readEnvironmentVariable replace
   resourceGroup resourceId split subscriptionResourceId take tenant toLower toObject union uniqueString
   uriComponent`.split(/\s+/)
)

/** Variables that App Service itself reads. */
const OF_AZURE = [
  'WEBSITES_CONTAINER_STOP_TIME_LIMIT',
  'WEBSITES_ENABLE_APP_SERVICE_STORAGE',
  'WEBSITES_PORT',
  'WEBSITE_SWAP_WARMUP_PING_PATH',
  'WEBSITE_SWAP_WARMUP_PING_STATUSES',
]

/** What Azure sets of start/env.ts where a company needs it, by the name of a thing, and else leaves as it is. */
const LEFT_OUT: Record<string, string[]> = {
  'the image says it': ['REVISION'],
  'infra/run.sh gives it to backup:verify': ['BACKUP_DATABASE_URL'],
  'refused with real money': ['LIMITS_FACTOR'],
  'for who has PayPal': [
    'PAYPAL_CLIENT_ID',
    'PAYPAL_CLIENT_SECRET',
    'PAYPAL_CURRENCIES',
    'PAYPAL_WEBHOOK_ID',
    'VENMO_WEBHOOK_ID',
  ],
  'for who has sign-in by them': [
    'GOOGLE_CLIENT_ID',
    'GOOGLE_CLIENT_SECRET',
    'GITHUB_CLIENT_ID',
    'GITHUB_CLIENT_SECRET',
  ],
  'providers are where they really are': [
    'STRIPE_API_BASE',
    'PAYPAL_API_BASE',
    'GOOGLE_AUTHORIZE_URL',
    'GOOGLE_TOKEN_URL',
    'GOOGLE_USERINFO_URL',
    'GITHUB_AUTHORIZE_URL',
    'GITHUB_TOKEN_URL',
    'GITHUB_USERINFO_URL',
    'GITHUB_USEREMAIL_URL',
  ],
  'the default is right': [
    'STOP_GRACE_SECONDS',
    'STOP_TIMEOUT_SECONDS',
    'REQUEST_SECONDS',
    'STRIPE_TIMEOUT_MS',
    'PAYPAL_TIMEOUT_MS',
    'OAUTH_TIMEOUT_MS',
    'SMTP_TLS',
    'OTEL_SAMPLING_RATIO',
    'OTEL_METRIC_EXPORT_INTERVAL',
  ],
  'another way is taken': [
    'MAIL_DIR',
    'DRIVE_ROOT',
    'CLAMAV_SOCKET',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_HEADERS',
  ],
}

/** What start/env.ts knows, and whether a process starts without it. */
const known = new Map(
  [
    ...readFileSync(join(root, '../start/env.ts'), 'utf8').matchAll(
      /^ {2}([A-Z][A-Z0-9_]+): (.+)$/gm
    ),
  ].map(([, name, rule]) => [name, !/optional|neededIf|togetherWith/.test(rule)])
)

const keysOf = (node: Node | undefined): string[] =>
  node?.kind === 'object' ? node.entries.map(({ key }) => key!) : []
const textsOf = (node: Node | undefined): string[] =>
  node?.kind === 'array' ? node.items.map((item) => textOf(item)!) : []
const keysWithin = (node: Node | undefined) => [...nodesOf(node)].flatMap(keysOf)
const numberOf = (node: Node | undefined) =>
  node?.kind === 'number' ? Number(node.text) : Number.NaN

/** Names that an expression uses and nobody around it has declared. */
function unknownNames(node: Node, declared: Set<string>): string[] {
  if (node.kind === 'name') return declared.has(node.name) ? [] : [node.name]
  if (node.kind === 'call' && node.of.kind === 'name') {
    const missing = FUNCTIONS.has(node.of.name) ? [] : [`${node.of.name}()`]
    return [...missing, ...node.args.flatMap((arg) => unknownNames(arg, declared))]
  }
  if (node.kind === 'lambda' || node.kind === 'for') {
    const names = node.kind === 'for' ? node.names : node.params
    const within = new Set([...declared, ...names])
    return childrenOf(node).flatMap((child) => unknownNames(child, within))
  }
  return childrenOf(node).flatMap((child) => unknownNames(child, declared))
}

test.group('The reader of Bicep', () => {
  test('names file and line of what it cannot read', ({ assert }) => {
    const wrong = {
      'param a string\nvar b = {\n  c: [1, 2\n}': /x:4: expected/,
      "var a = 'b": /x:1: expected the end of a string/,
      "var a = '${b'": /x:1: expected/,
      'var a = b c': /x:1: expected newline/,
      'variable a = 1': /x:1: expected a declaration/,
      'var a = {\n  b c\n}': /x:2: expected ":"/,
    }
    for (const [source, message] of Object.entries(wrong)) {
      assert.throws(() => parseBicep(source, 'x'), message)
    }
  })
})

test.group('The templates of Azure', () => {
  test('use no name that is not declared, and declare none that is not used', ({ assert }) => {
    for (const file of templates) {
      const all = declarations(file)
      const symbols = all.filter(({ kind }) => kind !== 'output' && kind !== 'metadata')
      const names = symbols.map(({ name }) => name)
      assert.equal(new Set(names).size, names.length, `${file} declares a name twice`)
      const values = all.flatMap(({ value }) => (value ? [value] : []))
      const declared = new Set(names)
      assert.deepEqual(
        values.flatMap((value) => unknownNames(value, declared)),
        [],
        file
      )
      const used = new Set(
        values.flatMap((value) =>
          [...nodesOf(value)].flatMap((node) => (node.kind === 'name' ? [node.name] : []))
        )
      )
      const idle = symbols
        .filter(({ kind, name }) => ['param', 'var'].includes(kind) && !used.has(name))
        .map(({ name }) => name)
      assert.deepEqual(idle, [], `${file} declares what it does not use`)
    }
  })

  test('give every module what it needs, and take from it what it gives', ({ assert }) => {
    for (const file of templates) {
      const modules = new Map(
        of(file, 'module').map((one) => [one.name, normalize(join(dirname(file), one.type!))])
      )
      for (const { name, value } of of(file, 'module')) {
        const path = modules.get(name)!
        assert.include(templates, path, `${file}: ${name}`)
        const passed = keysOf(propertyOf(bodyOf(value), 'params'))
        const params = of(path, 'param')
        const needed = params.filter((param) => !param.value).map((param) => param.name)
        const offered = params.map((param) => param.name)
        assert.includeMembers(passed, needed, `${file}: ${name}`)
        assert.includeMembers(offered, passed, `${file}: ${name}`)
      }
      for (const { value } of declarations(file)) {
        for (const node of nodesOf(value)) {
          if (node.kind !== 'member' || node.of.kind !== 'member') continue
          const { of: owner, name } = node.of
          if (name !== 'outputs' || owner.kind !== 'name') continue
          const outputs = of(modules.get(owner.name)!, 'output').map((output) => output.name)
          assert.include(outputs, node.name, `${file}: ${owner.name}`)
        }
      }
    }
    const called = templates.flatMap((file) =>
      of(file, 'module').map(({ type }) => normalize(join(dirname(file), type!)))
    )
    assert.sameMembers([...new Set(called)], list('modules', '.bicep'), 'a module that nobody uses')
  })

  test('name an API version of every type, the same everywhere, and README.md lists each', ({
    assert,
  }) => {
    const listed = new Map(
      [...read('README.md').matchAll(/^\| `(Microsoft\.[^`]+)` +\| `([^`]+)`/gm)].map(
        ([, type, version]) => [type, version]
      )
    )
    const used = new Map<string, string>()
    for (const file of templates) {
      for (const { type, name } of of(file, 'resource')) {
        const [, plain, version] = /^(Microsoft\.[^@]+)@(\d{4}-\d\d-\d\d(?:-preview)?)$/.exec(
          type!
        )!
        assert.equal(used.get(plain) ?? version, version, `${file}: ${name}`)
        used.set(plain, version)
      }
    }
    assert.deepEqual(Object.fromEntries([...listed].sort()), Object.fromEntries([...used].sort()))
  })

  test('get every parameter that they need from each environment', ({ assert }) => {
    const params = of('main.bicep', 'param')
    const needed = params.filter((param) => !param.value).map((param) => param.name)
    for (const file of environments) {
      const given = of(file, 'param').map((param) => param.name)
      assert.equal(of(file, 'using')[0]?.type ?? declarations(file)[0].type, '../main.bicep')
      assert.includeMembers(given, needed, file)
      assert.includeMembers(
        params.map((param) => param.name),
        given,
        file
      )
    }
    const [production, staging] = environments.map((file) =>
      of(file, 'param').map((param) => param.name)
    )
    assert.sameMembers(production, staging)
  })

  test('hold no secret: neither written down, nor as a plain parameter, nor in an output', ({
    assert,
  }) => {
    const secret =
      /(sk|rk)_(live|test)_\w|whsec_\w|AccountKey=[^$]|-----BEGIN|:\/\/[^/$\s']*:[^/$\s']+@/
    for (const file of [...templates, ...environments]) assert.notMatch(read(file), secret, file)
    for (const file of templates) {
      for (const { name, type, decorators } of of(file, 'param')) {
        if (!/password|secret$|key$/i.test(name) || type !== 'string') continue
        assert.isTrue(
          decorators.some((decorator) => decorator.name === 'secure'),
          `${file}: ${name} must be @secure()`
        )
      }
      const secure = of(file, 'param').filter(({ decorators }) => decorators.length > 0)
      const names = new Set(
        secure.filter(({ decorators }) => decorators[0].name === 'secure').map(({ name }) => name)
      )
      for (const { name, value } of of(file, 'output')) {
        for (const node of nodesOf(value)) {
          const tells =
            (node.kind === 'name' && names.has(node.name)) ||
            (node.kind === 'member' && /^listKeys|ConnectionString$/.test(node.name))
          assert.isFalse(tells, `${file}: output ${name}`)
        }
      }
    }
    for (const file of environments) {
      for (const name of ['databaseAdminPassword', 'databasePassword']) {
        const { value } = named(file, name)
        const isRead = value?.kind === 'call' && value.of.kind === 'name' && value.of.name
        assert.equal(isRead, 'readEnvironmentVariable', `${file}: ${name}`)
      }
    }
  })
})

test.group('The environment that Azure gives SafeSend', () => {
  const settings = (file: string) => {
    const secrets = [
      ...textsOf(named('main.bicep', 'ownSecretVariables').value),
      ...textsOf(named(file, 'secretVariables').value),
    ]
    const plain = [
      ...keysWithin(named('main.bicep', 'variables').value),
      ...keysOf(named(file, 'extraSettings').value),
    ]
    return { secrets, plain }
  }

  test('is of variables that start/env.ts knows, each of them once', ({ assert }) => {
    assert.isAbove(known.size, 40)
    for (const file of environments) {
      const { secrets, plain } = settings(file)
      const names = [...plain, ...secrets]
      assert.includeMembers([...known.keys(), ...OF_AZURE], names, file)
      assert.equal(new Set(names).size, names.length, file)
    }
    for (const file of ['modules/web.bicep', 'modules/worker.bicep']) {
      const names = keysWithin(named(file, 'allSettings').value)
      assert.includeMembers([...known.keys(), ...OF_AZURE], names, file)
    }
  })

  test('has all that a process does not start without, and secrets from the vault only', ({
    assert,
  }) => {
    for (const file of environments) {
      const { secrets, plain } = settings(file)
      const needed = [...known].filter(([, required]) => required).map(([name]) => name)
      assert.includeMembers([...plain, ...secrets], needed, file)
      assert.includeMembers(
        [...plain, ...secrets],
        ['JWT_PRIVATE_KEY', 'REDIS_URL', 'TRUSTED_PROXIES', 'DRIVE_DISK', 'CLAMAV_HOST'],
        file
      )
      const secret = /SECRET|PASSWORD|_KEY$|DATABASE_URL|REDIS_URL|CONNECTION_STRING/
      const open = plain.filter((name) => secret.test(name) && !name.includes('PUBLISHABLE'))
      assert.deepEqual(open, [], file)
    }
  })

  test('leaves out nothing that start/env.ts knows without a reason', ({ assert }) => {
    const left = Object.values(LEFT_OUT).flat()
    for (const file of environments) {
      const { secrets, plain } = settings(file)
      assert.sameMembers([...plain, ...secrets, ...left], [...known.keys()], file)
    }
  })

  test('is the same for web, worker and jobs', ({ assert }) => {
    const given = (module: string) =>
      propertyOf(bodyOf(named('main.bicep', module).value), 'params')
    const namesIn = (node: Node | undefined) =>
      [...nodesOf(node)].flatMap((one) => (one.kind === 'name' ? [one.name] : []))
    for (const module of ['web', 'worker']) {
      assert.sameMembers(namesIn(propertyOf(given(module), 'settings')), [
        'union',
        'variables',
        'references',
      ])
    }
    assert.deepEqual(namesIn(propertyOf(given('jobs'), 'variables')), ['variables'])
    assert.deepEqual(namesIn(propertyOf(given('jobs'), 'secretNames')), ['secretNames'])
    for (const [declared, made] of [
      ['references', 'secretNames'],
      ['secretNames', 'vaultVariables'],
    ]) {
      assert.include(namesIn(named('main.bicep', declared).value), made)
    }
  })

  test('leads mails to a frontend of its own, whose scripts may call the API', ({ assert }) => {
    for (const file of environments) {
      const valueOf = (name: string) =>
        textOf(propertyOf(named(file, 'extraSettings').value, name)) ?? ''
      const { host, origin } = new URL(valueOf('FRONTEND_URL'))
      assert.notEqual(host, textOf(named(file, 'hostName').value), file)
      assert.include(readOrigins(valueOf('CORS_ORIGINS')), origin, file)
    }
  })

  test('names the database by its server, so that a switch changes what web, worker and jobs read', ({
    assert,
  }) => {
    const texts = (file: string) =>
      [...parsed.get(file)!.flatMap(({ value }) => [...nodesOf(value)])].flatMap((node) =>
        node.kind === 'string'
          ? [node.parts.map((part) => (typeof part === 'string' ? part : '$')).join('')]
          : []
      )
    assert.include(texts('main.bicep'), 'database-url-$')
    assert.includeMembers(texts('modules/secrets.bicep'), [
      'database-url-$',
      'database-admin-url-$',
    ])
    assert.include(texts('modules/jobs.bicep'), '$secrets/database-admin-url-$')
    const server = propertyOf(bodyOf(named('main.bicep', 'postgres').value), 'params')
    const name = propertyOf(server, 'name')
    assert.equal(name?.kind === 'name' && name.name, 'databaseServerName')
    for (const file of environments) {
      const { value } = named(file, 'databaseServer')
      const isRead = value?.kind === 'call' && value.of.kind === 'name' && value.of.name
      assert.equal(isRead, 'readEnvironmentVariable', file)
    }
  })

  test('is fit for real money in production', ({ assert }) => {
    const file = 'parameters/production.bicepparam'
    const given = named(file, 'extraSettings').value
    const { secrets, plain } = settings(file)
    const inVault = (name: string) => (secrets.includes(name) ? 'from the vault' : undefined)
    assert.doesNotThrow(() =>
      assertFitForLiveMoney({
        STRIPE_SECRET_KEY: inVault('STRIPE_SECRET_KEY') && 'sk_live_',
        STRIPE_CONNECT_WEBHOOK_SECRETS: inVault('STRIPE_CONNECT_WEBHOOK_SECRETS'),
        MAIL_TRANSPORT: textOf(propertyOf(given, 'MAIL_TRANSPORT')),
        SMTP_HOST: textOf(propertyOf(given, 'SMTP_HOST')),
        LIMITS_FACTOR: plain.includes('LIMITS_FACTOR') ? '1' : undefined,
      })
    )
  })

  test('believes App Service and Front Door about who calls, and nobody else', ({ assert }) => {
    const variables = named('main.bicep', 'variables').value
    const value = [...nodesOf(variables)]
      .map((node) => propertyOf(node, 'TRUSTED_PROXIES'))
      .find((node) => node !== undefined)
    if (value?.kind !== 'string') return assert.fail('TRUSTED_PROXIES is no string')
    // As infra/deploy.sh puts Azure's list in.
    const ranges = ['147.243.0.0/16', '2a01:111:2050::/44']
    const text = value.parts.map((part) => (typeof part === 'string' ? part : ranges.join(',')))
    const trusts = trustedProxies(text.join(''))
    for (const hop of ['169.254.129.1', '147.243.8.9:41234', '[2a01:111:2050::7]:443']) {
      assert.isTrue(trusts(hop), hop)
    }
    for (const caller of ['203.0.113.5', '10.20.0.4', '127.0.0.1']) assert.isFalse(trusts(caller))
  })

  test('keeps all connections together within what the database allows', ({ assert }) => {
    // Microsoft's default of max_connections by size, less the 15 that it keeps for itself.
    const most: Record<string, number> = { Standard_D2ds_v5: 844, Standard_B2s: 414 }
    const variables = named('main.bicep', 'variables').value
    const pool = Number(
      textOf(
        [...nodesOf(variables)]
          .map((node) => propertyOf(node, 'DATABASE_POOL_MAX'))
          .find((node) => node !== undefined)
      )
    )
    for (const file of environments) {
      const machines = numberOf(propertyOf(named(file, 'plan').value, 'capacity'))
      const database = named(file, 'database').value
      const limit = numberOf(propertyOf(database, 'connectionLimit'))
      const size = textOf(propertyOf(propertyOf(database, 'sku'), 'name'))!
      // Pool, the job queue's own, and the one that listens for live notifications.
      const web = pool + 2 + 1
      const worker = pool + 5
      // While a release goes out: both slots and the worker, old and new process of each side by side, a job.
      const peak = machines * 2 * 2 * web + machines * 2 * worker + worker
      assert.isAtMost(peak, limit, file)
      assert.isAtMost(limit, most[size], file)
    }
  })
})

test.group('What runs the image on Azure', () => {
  const site = (file: string, key: string) =>
    [...parsed.get(file)!.flatMap(({ value }) => [...nodesOf(value)])]
      .map((node) => propertyOf(node, key))
      .filter((node) => node !== undefined)

  test('is closed: HTTPS, TLS 1.2, no FTP, no passwords, nobody but our Front Door', ({
    assert,
  }) => {
    for (const file of ['modules/web.bicep', 'modules/worker.bicep']) {
      const truths = (key: string, want: string) => {
        const found = site(file, key)
        assert.isAbove(found.length, 0, `${file}: ${key}`)
        for (const node of found) {
          const text = node.kind === 'boolean' ? node.text : textOf(node)
          assert.equal(text, want, `${file}: ${key}`)
        }
      }
      truths('httpsOnly', 'true')
      truths('minTlsVersion', '1.2')
      truths('ftpsState', 'Disabled')
      truths('clientAffinityEnabled', 'false')
      truths('alwaysOn', 'true')
      truths('allow', 'false')
      truths('ipSecurityRestrictionsDefaultAction', 'Deny')
      truths('healthCheckPath', '/health/live')
    }
    const [restrictions] = site('modules/web.bicep', 'ipSecurityRestrictions')
    assert.lengthOf(restrictions.kind === 'array' ? restrictions.items : [], 1)
    assert.lengthOf(site('modules/web.bicep', 'x-azure-fdid'), 1)
    assert.lengthOf(site('modules/worker.bicep', 'ipSecurityRestrictions'), 0)
  })

  test('gives a worker longer to end than the worker takes for it', ({ assert }) => {
    const [command] = site('modules/worker.bicep', 'appCommandLine')
    const written = command.kind === 'string' ? command.parts.join('') : ''
    const stop = Number(/--stop-timeout=(\d+)/.exec(written)?.[1])
    const limit = Number(
      textOf(site('modules/worker.bicep', 'WEBSITES_CONTAINER_STOP_TIME_LIMIT')[0])
    )
    assert.isAbove(stop, 0)
    assert.isAbove(limit, stop)
    assert.match(written, /^worker .*--health-port=/)
  })

  test('keeps at the edge nothing but files whose name changes with their content', ({
    assert,
  }) => {
    const file = 'modules/front_door.bicep'
    const routes = of(file, 'resource').filter(({ type }) => type!.includes('/routes@'))
    const cached = routes
      .map(({ value }) => propertyOf(value, 'properties'))
      .filter((properties) => propertyOf(properties, 'cacheConfiguration'))
    assert.deepEqual(
      cached.flatMap((properties) => textsOf(propertyOf(properties, 'patternsToMatch'))),
      ['/assets/*']
    )
  })
})

test.group('Alerts', () => {
  test('fire at what the runbook says they fire at', ({ assert }) => {
    const runbook = readFileSync(join(root, '../docs/runbook.md'), 'utf8')
    const { value } = named('modules/alerts.bicep', 'metricQueries')
    const rules = value?.kind === 'array' ? value.items : []
    assert.isAbove(rules.length, 10)
    for (const rule of rules) {
      const metric = textOf(propertyOf(rule, 'metric'))!
      const above = numberOf(propertyOf(rule, 'above'))
      assert.match(runbook, new RegExp(`\`${metric.replaceAll('.', '\\.')}\` over ${above}\\b`))
    }
  })
})

test.group('The documents about Azure', () => {
  const project = join(root, '..')
  const doc = (name: string) => readFileSync(join(project, name), 'utf8')
  const deploy = doc('docs/deploy.md')

  test('name scripts, commands and outputs that are there', ({ assert }) => {
    const outputs = of('main.bicep', 'output').map(({ name }) => name)
    const params = of('main.bicep', 'param').map(({ name }) => name)
    const commands = globSync('app/commands/*.ts', { cwd: project }).flatMap(
      (file) => /commandName = '([\w:-]+)'/.exec(doc(file))?.[1] ?? []
    )
    for (const file of ['docs/deploy.md', 'docs/runbook.md', 'infra/README.md']) {
      const text = doc(file)
      for (const [script] of text.matchAll(/\b(?:infra|bin)\/\w+\.sh\b/g)) {
        assert.isTrue((statSync(join(project, script)).mode & 0o111) > 0, `${file}: ${script}`)
      }
      for (const [, command] of text.matchAll(/infra\/run\.sh [^\n`]*?\bace ([a-z][\w:-]+)/g)) {
        assert.include(commands, command, file)
      }
    }
    const words = [...deploy.matchAll(/<([a-z]+[A-Z]\w*)>/g)].map(([, word]) => word)
    assert.isAbove(words.length, 8)
    for (const word of words) assert.include([...outputs, ...params], word)
    for (const name of outputs) assert.include(deploy, `\`${name}\``, 'an output that is shown')
  })

  test('set every variable of the shell before they use it', ({ assert }) => {
    const runbook = doc('docs/runbook.md').split('#### On Azure')[1].split('\n### ')[0]
    for (const text of [deploy, runbook]) {
      const set = new Map<string, number>()
      for (const { 1: name, index } of text.matchAll(/(?<![\w${])([A-Za-z_]+)=/g)) {
        if (!set.has(name)) set.set(name, index)
      }
      for (const { 1: name, index } of text.matchAll(/\bfor (\w+) in/g)) set.set(name, index)
      for (const { 1: name, index } of text.matchAll(/\$\{?([A-Za-z_]+)/g)) {
        assert.isBelow(set.get(name) ?? Infinity, index, `$${name}`)
      }
    }
  })

  test('name every parameter that is an example until somebody changes it', ({ assert }) => {
    for (const file of environments) {
      const examples = [
        ...read(file).matchAll(/^(?:param)? *(\w+)(?: =|:) '.*(?:example|replace).*'$/gim),
      ]
      assert.isAbove(examples.length, 8)
      for (const [, name] of examples) assert.include(deploy, `\`${name}\``, file)
    }
  })

  test('name every page that a frontend must have', ({ assert }) => {
    const code = globSync('app/{mails,controllers/api,identity}/**/*.ts', { cwd: project }).map(doc)
    const mailed = code.flatMap((text) =>
      [...text.matchAll(/(?:frontend(?:Link|Address)\(\s*|new URL\()['`](\/[a-z/-]+)/g)].map(
        ([, path]) => path.replace(/\/$/, '')
      )
    )
    const ours = mailed.filter((path) => !path.startsWith('/api/'))
    assert.includeMembers(ours, ['/verify-email', '/oauth/callback', '/exports', '/terms'])
    const pages = [
      ...doc('app/notifications/catalogue.ts').matchAll(/Page = \([^)]*\) =>\s*['`]([^'`]+)/g),
    ].map(([, path]) => path.replace(/\$\{[^}]+\}/g, '{id}'))
    assert.isAbove(pages.length, 6)
    const short = (path: string) => path.replace(/^\/projects\/\{id\}\//, '…/')
    for (const path of [...ours, ...pages]) assert.include(deploy, `\`${short(path)}`, path)
  })

  test('count the alerts', ({ assert }) => {
    const items = (name: string) => {
      const { value } = named('modules/alerts.bicep', name)
      return value?.kind === 'array' ? value.items.length : Number.NaN
    }
    const queries = items('metricQueries') + items('otherQueries')
    assert.include(deploy, `the ${queries} alerts that are queries`)
    // And the one on availability.
    assert.include(deploy, `the ${items('resourceMetrics') + 1} on machines`)
  })
})

test.group('The workflow that releases', () => {
  const workflows = ['deploy', 'release'].map((name) =>
    readFileSync(join(root, `../.github/workflows/${name}.yml`), 'utf8')
  )
  const [deploy, release] = workflows

  test('runs scripts that are there, for the environments that are', ({ assert }) => {
    const scripts = release.match(/\b(bin|infra)\/[a-z_.]+/g)!
    assert.sameMembers([...new Set(scripts)], ['bin/smoke', 'infra/run.sh'])
    for (const script of scripts) {
      assert.isTrue((statSync(join(root, '..', script)).mode & 0o111) > 0, script)
    }
    const into = [...deploy.matchAll(/^ +environment: (\w+)$/gm)].map(([, name]) => name)
    assert.sameMembers(
      into.map((name) => `parameters/${name}.bicepparam`),
      environments
    )
  })

  test('signs in without a secret, by variables that deploy.md has set', ({ assert }) => {
    const guide = readFileSync(join(root, '../docs/deploy.md'), 'utf8')
    const variables = new Set([...release.matchAll(/vars\.(\w+)/g)].map(([, name]) => name))
    assert.isAbove(variables.size, 5)
    for (const name of variables) assert.include(guide, `${name}=`)
    for (const workflow of workflows) assert.notInclude(workflow, 'secrets.')
  })

  test('migrates first, changes the worker before the swap, and tries the site after it', ({
    assert,
  }) => {
    const steps = [...release.matchAll(/- name: (.+)$/gm)].map(([, name]) => name)
    const order = [
      'Push the image',
      'Migrate',
      'Start the new web servers in the slot',
      'Try the slot',
      'Exchange the worker',
      'Swap',
      'Try the site',
      'Swap back',
      'Take the worker back',
    ]
    assert.deepEqual(
      steps.filter((step) => order.includes(step)),
      order
    )
  })
})
