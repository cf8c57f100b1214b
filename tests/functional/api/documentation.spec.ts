import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import { pathOf, routeKeys, type OpenApiDocument } from '#openapi/build_document'
import { documentedRoutes, openApiDocument } from '#openapi/document'
import { recordedExamples } from '#openapi/recorded_examples'
import { operations } from '#openapi/operations/index'
import { PROBLEMS } from '#openapi/problems'

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/** Codes of `app/` that no caller of the API gets: of operators' commands, and of failed movements. */
const NOT_OF_THE_API = new Set([
  // What became of a transaction, in its `failure`.
  'charged_back',
  'debt_offset',
  'payment_attempt_failed',
  // Commands of operators, and forms of the console.
  'already_adopted',
  'already_asked',
  'already_held',
  'another_payment',
  'continues_another',
  'corrected',
  'debt_changed',
  'dispute_known',
  'held',
  'hold_period',
  'no_scanner',
  'not_held',
  'not_listed_yet',
  'not_over',
  'not_owed',
  'not_recovered',
  'not_recovering',
  'not_refunded_elsewhere',
  'not_unclaimed',
  'payment_failed',
  'nothing_dead',
  'nothing_owed',
  'nothing_returned',
  'nothing_to_claw_back',
  'nothing_to_replay',
  'on_its_way',
  'paid_another_way',
  'recovering',
  'reference_reused',
  'reference_used',
  'resolved',
  'subject_changed',
  'unknown_outcome',
])

test.group('API documentation', () => {
  test('every route is documented, and nothing that is no route', async ({ assert }) => {
    const routes = documentedRoutes().flatMap(routeKeys)
    const documented = Object.keys(operations)
    assert.deepEqual(
      routes.filter((key) => !documented.includes(key)),
      [],
      'routes without documentation: see docs/api.md'
    )
    assert.deepEqual(
      documented.filter((key) => !routes.includes(key)),
      [],
      'documented, but no route'
    )
  })

  test('every code of a problem is documented, and each is thrown somewhere', async ({
    assert,
  }) => {
    const thrown = await codesInCode()
    const known = new Set(Object.keys(PROBLEMS))
    assert.deepEqual(
      [...thrown].filter((code) => !known.has(code) && !NOT_OF_THE_API.has(code)),
      [],
      'codes that app/openapi/problems.ts does not explain'
    )
    assert.deepEqual(
      [...known].filter((code) => !thrown.has(code)),
      [],
      'explained, but thrown nowhere'
    )
  })

  test('every link within the document leads somewhere', async ({ assert }) => {
    const document = openApiDocument()
    const text = JSON.stringify(document)
    const targets = new Set([
      ...operationsOf(document).map(({ operationId }) => `operation/${operationId}`),
      ...[...String(document.info.description).matchAll(/^# (.+)$/gm)].map(
        ([, heading]) => `section/${heading.replaceAll(' ', '-')}`
      ),
    ])
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target)
    assert.isAbove(links.length, 10)
    assert.deepEqual(
      links.filter((target) => !targets.has(target)),
      []
    )
  })

  test('operations have names and summaries of their own, and one of the tags', async ({
    assert,
  }) => {
    const all = operationsOf(openApiDocument())
    const names = all.map(({ operationId }) => operationId)
    assert.deepEqual(names, [...new Set(names)])
    const summaries = all.map(({ summary }) => summary)
    assert.deepEqual(
      summaries.filter((summary, at) => summaries.indexOf(summary) !== at),
      []
    )
    assert.deepEqual(
      summaries.filter((summary) => summary.length > 60 || summary.endsWith('.')),
      []
    )
  })

  test('every operation shows a request and an answer, as its schemas say', ({ assert }) => {
    const document = openApiDocument()
    const ajv = schemasOf(document)
    const wrong: string[] = []
    let checked = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const [where, type, pointer, media] of shownIn(path, method, operation)) {
          const what = `${method.toUpperCase()} ${path}, ${where}`
          const examples = Object.values<any>(media.examples ?? {})
          if (examples.length === 0 && !WITHOUT_EXAMPLE.has(type) && !path.startsWith('/docs')) {
            if (path !== '/openapi.json') wrong.push(`${what}: no example`)
          }
          const titles = examples.map(({ summary }) => summary)
          if (new Set(titles).size < titles.length) wrong.push(`${what}: two of one title`)
          const check = ajv.compile({ $ref: `api#/${pointer.map(escaped).join('/')}` })
          for (const { value } of examples) {
            checked++
            if (!check(value)) wrong.push(`${what}: ${ajv.errorsText(check.errors)}`)
          }
        }
      }
    }
    assert.deepEqual(wrong, [], 'WRITE_EXAMPLES=1 records them anew: see docs/api.md')
    assert.isAbove(checked, 100)
  })

  test('the walk-through asks for what there is, as it is asked for', ({ assert }) => {
    const document = openApiDocument()
    const ajv = schemasOf(document)
    const steps = stepsIn(String(document.info.description))
    assert.isAbove(steps.length, 20)
    const wrong: string[] = []
    for (const { method, url, body } of steps) {
      const found = router.match(url.pathname, method, false)
      const path = found && pathOf(found.route.pattern)
      const operation = path && document.paths[path]?.[method.toLowerCase()]
      const what = `${method} ${url.pathname}`
      if (!operation) {
        wrong.push(`${what}: there is none`)
        continue
      }
      const names = operation.parameters?.map(({ name }: { name: string }) => name)
      for (const name of url.searchParams.keys()) {
        if (!names?.includes(name)) wrong.push(`${what}: no parameter ${name}`)
      }
      const json = operation.requestBody?.content['application/json']
      if (!body) {
        if (json && operation.requestBody.required) wrong.push(`${what}: without a body`)
        continue
      }
      const pointer = ['paths', path, method.toLowerCase(), 'requestBody', 'content']
      const place = [...pointer, 'application/json', 'schema'].map(escaped).join('/')
      const check = ajv.compile({ $ref: `api#/${place}` })
      if (!check(body)) wrong.push(`${what}: ${ajv.errorsText(check.errors)}`)
      const known = Object.keys(json.schema.properties ?? body)
      wrong.push(
        ...Object.keys(body)
          .filter((name) => !known.includes(name))
          .map((name) => `${what}: no member ${name}`)
      )
    }
    assert.deepEqual(wrong, [])
  })

  test('what is recorded is of operations that there are, and tells no secret', ({ assert }) => {
    assert.deepEqual(
      Object.keys(recordedExamples).filter((key) => !(key in operations)),
      []
    )
    const text = JSON.stringify(recordedExamples)
    assert.notMatch(text, /eyJ[\w-]{10,}\.[\w-]{20,}|127\.0\.0\.1|localhost|[A-Za-z0-9_-]{65,}/)
  })

  test('the document is clean by the recommended rules', async ({ assert }) => {
    const file = join(tmpdir(), `openapi-${process.pid}.json`)
    await writeFile(file, JSON.stringify(openApiDocument()))
    try {
      const { code, output } = await lint(file)
      assert.equal(code, 0, output)
      assert.notMatch(output, /warning/i)
    } finally {
      await rm(file)
    }
  })

  test('/openapi.json is the document, and says when it has not changed', async ({ assert }) => {
    const response = await fetch(`${base()}/openapi.json`)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type')!, /^application\/json/)
    assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(openApiDocument())))
    const etag = response.headers.get('etag')!
    const again = await fetch(`${base()}/openapi.json`, { headers: { 'if-none-match': etag } })
    assert.equal(again.status, 304)
    const head = await fetch(`${base()}/openapi.json`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('etag')], [200, etag])
    assert.equal(await head.text(), '')
  })
})

/** What validates by the document's schemas, which are at `api#/…`. */
function schemasOf(document: OpenApiDocument): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  return ajv.addSchema({ ...document, $id: 'api' })
}

/** The requests of the walk-through, with an id for each thing in braces. */
function stepsIn(description: string) {
  const blocks = [...description.matchAll(/^```http\n([^]*?)^```/gm)].map(([, text]) => text)
  return blocks
    .flatMap((text) => text.trim().split('\n\n'))
    .map((step) => {
      const [first, ...rest] = step.split('\n')
      const [, method, path] = first.match(/^(?:\w+: )?([A-Z]+) (.+)$/)!
      const filled = (text: string) => text.replaceAll(/\{\w[^{}"]*\}/g, randomUUID())
      return {
        method,
        url: new URL(filled(path), base()),
        body: rest.length > 0 ? JSON.parse(filled(rest.join('\n'))) : undefined,
      }
    })
}

/** Of bytes there is nothing to show. */
const WITHOUT_EXAMPLE = new Set([
  'multipart/form-data',
  'application/pdf',
  'image/webp',
  '*/*',
  'application/problem+json',
])

/** The bodies of an operation: where, of which type, where its schema is, and what is said of it. */
function shownIn(path: string, method: string, operation: any): [string, string, string[], any][] {
  const operationAt = ['paths', path, method]
  const bodies: [string, string[], any][] = [
    ['request', ['requestBody'], operation.requestBody],
    ...Object.entries<any>(operation.responses)
      .filter(([status]) => status < '300')
      .map(([status, response]): [string, string[], any] => [
        status,
        ['responses', status],
        response,
      ]),
  ]
  return bodies.flatMap(([where, steps, body]) =>
    Object.entries<any>(body?.content ?? {}).map(
      ([type, media]): [string, string, string[], any] => [
        where,
        type,
        [...operationAt, ...steps, 'content', type, 'schema'],
        media,
      ]
    )
  )
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function operationsOf(document: OpenApiDocument): any[] {
  return Object.values(document.paths).flatMap((path) => Object.values(path))
}

/** Codes that `app/` gives to problems, by how the code is written. */
/** Folders whose problems become pages of the console, and the one that explains the codes. */
const NOT_THE_API = /^(openapi|staff|approvals|audit|console|controllers\/console)\//

async function codesInCode(): Promise<Set<string>> {
  const codes = new Set<string>()
  const files = await readdir(app.makePath('app'), { recursive: true })
  for (const name of files) {
    if (!name.endsWith('.ts') || NOT_THE_API.test(name)) continue
    const source = await readFile(app.makePath('app', name), 'utf8')
    const written = [
      // new Problem('…', { code: 'x' }), and an answer of the exception handler.
      ...source.matchAll(/\bcode: '([a-z][a-z_]+)'/g),
      ...(name === 'exceptions/handler.ts' ? source.matchAll(/\b\d{3},\s*'([a-z][a-z_]+)'/g) : []),
      ...(name === 'exceptions/problem.ts' ? source.matchAll(/\bcode = '([a-z_]+)'/g) : []),
      ...(name === 'exceptions/problem.ts' ? source.matchAll(/\?\? '([a-z_]+)'/g) : []),
      // forbidden('…', 'x')
      ...source.matchAll(/forbidden\(\s*(?:'[^']*'|"[^"]*"|`[^`]*`),\s*'([a-z_]+)'/g),
    ]
    for (const [, code] of written) codes.add(code)
  }
  // Of the server itself, before there is a request (config/app.ts), and of the limiter.
  codes.add('bad_url').add('too_many_requests')
  return codes
}

function lint(file: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        app.makePath('node_modules/@redocly/cli/bin/cli.js'),
        'lint',
        file,
        `--config=${app.makePath('redocly.yaml')}`,
      ],
      {
        env: {
          ...process.env,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
          NO_COLOR: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }
    )
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
