import { readFileSync } from 'node:fs'
import { test } from '@japa/runner'
import { ITEMS } from './asvs_items.js'

const read = (path: string) =>
  readFileSync(new URL(`../../../${path}`, import.meta.url).pathname, 'utf8')

const HOLDS = ['yes', '**not met**', 'by set-up', 'not applicable']

interface Row {
  item: string
  level: number
  holds: string
  how: string
  shownBy: string[]
}

/** The lines of the tables, each a requirement. */
function rows(): Row[] {
  return read('docs/security.md')
    .split('\n')
    .filter((line) => /^\| \d+\.\d+\.\d+ \|/.test(line))
    .map((line) => {
      const [item, level, holds, how, shownBy] = line
        .slice(2, -2)
        .split(/ \| /)
        .map((cell) => cell.trim())
      const shown = shownBy ? shownBy.split('<br>') : []
      return { item, level: Number(level), holds, how, shownBy: shown }
    })
}

/** The titles of a file's tests, as they stand there. */
function titlesOf(file: string): string[] {
  const calls = read(`tests/${file}`).matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)
  return [...calls].map(([, , title]) => title.replaceAll(/\\(.)/g, '$1'))
}

function headingsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading)
}

test.group('docs/security.md', () => {
  test('has a line for every item of levels 1 and 2, and for three of level 3', ({ assert }) => {
    const wanted = Object.entries(ITEMS).flatMap(([level, items]) =>
      items.map((item) => `${item} of level ${level}`)
    )
    assert.lengthOf(wanted, 256)
    assert.sameMembers(
      rows().map(({ item, level }) => `${item} of level ${level}`),
      wanted
    )
  })

  test('says of each whether it holds, and how', ({ assert }) => {
    for (const { item, holds, how } of rows()) {
      assert.include(HOLDS, holds, item)
      assert.isAbove(how.length, 3, item)
    }
  })

  test('names for each that holds a test or a section that shows it, and it exists', ({
    assert,
  }) => {
    for (const { item, holds, shownBy } of rows()) {
      if (holds === 'yes') assert.isNotEmpty(shownBy, item)
      for (const shown of shownBy) {
        const spec = /^`([\w/.]+\.spec\.ts)` (.+)$/.exec(shown)
        const section = /^(docs\/\w+\.md): (.+)$/.exec(shown)
        if (spec) assert.include(titlesOf(spec[1]), spec[2], `${item}: ${spec[1]}`)
        else if (section) assert.include(headingsOf(section[1]), section[2], item)
        else assert.fail(`${item} is shown by "${shown}", which is neither`)
      }
    }
  })

  test('lists all that is not met where it is looked for first', ({ assert }) => {
    const [, list] = /## What is not met\n([^]*?)\n## /.exec(read('docs/security.md'))!
    assert.sameMembers(
      [...list.matchAll(/^- \*\*([\d.]+)\*\*/gm)].map(([, item]) => item),
      rows()
        .filter(({ holds }) => holds === '**not met**')
        .map(({ item }) => item)
    )
  })
})
