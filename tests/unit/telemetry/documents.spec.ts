import { readdir, readFile } from 'node:fs/promises'
import { test } from '@japa/runner'
import { COUNTERS, DURATIONS, GAUGES } from '#telemetry/instruments'

const metrics = Object.keys({ ...GAUGES, ...COUNTERS, ...DURATIONS }).sort()
const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')
const namesIn = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1]))].sort()

/** In code or quotes: `safesend.example` is a host. */
const METRIC = /[`'"](safesend\.[\w.]+)[`'"]/g

test.group('Runbook', () => {
  test('the runbook and the page about telemetry name every metric, and no other', async ({
    assert,
  }) => {
    for (const path of ['docs/runbook.md', 'docs/observability.md']) {
      assert.deepEqual(namesIn(await read(path), METRIC), metrics, path)
    }
  })

  test('every rule that wakes somebody is about a metric that there is, and has its paragraph', async ({
    assert,
  }) => {
    const rules = await read('infra/modules/alerts.bicep')
    const measured = namesIn(rules, /metric: '(safesend\.[\w.]+)'/g)
    assert.isNotEmpty(measured)
    assert.includeMembers(metrics, measured)
    const headings = (await read('docs/runbook.md')).match(/^### .*$/gm)!.join('\n')
    for (const name of namesIn(rules, /docs\/runbook\.md, Alerts, ([\w-]+)'/g)) {
      assert.match(headings, new RegExp(`\\b${name} \\(\\d\\)`), name)
    }
    const severities = [...rules.matchAll(/name: '([\w-]+)'[^{}]*?severity: (\d)/g)]
    assert.isAbove(severities.length, 10)
    for (const [, name, severity] of severities) {
      assert.include(headings, `${name} (${severity})`)
    }
  })

  test('says commands that there are', async ({ assert }) => {
    const files = await readdir(new URL('../../../app/commands/', import.meta.url))
    const commands = files.map((file) =>
      file.replace(/\.ts$/, '').replace('_', ':').replaceAll('_', '-')
    )
    for (const said of namesIn(await read('docs/runbook.md'), /node ace ([\w:-]+)/g)) {
      assert.include([...commands, 'migration:run'], said)
    }
  })
})
