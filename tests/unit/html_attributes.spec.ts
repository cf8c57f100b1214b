import edge from 'edge.js'
import { test } from '@japa/runner'

test.group('Attributes in views', () => {
  const attrs = (values: object) => edge.renderRaw('<i {{ html.attrs(values) }}></i>', { values })

  test('hold what they are given as text, wherever it stands', async ({ assert }) => {
    const hostile = '"><script>alert(1)</script>'
    const written = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'
    assert.equal(await attrs({ value: hostile }), `<i value="${written}"></i>`)
    assert.equal(await attrs({ class: [hostile] }), `<i class="${written}"></i>`)
    assert.equal(
      await attrs({ 'aria-label': `Choose ${hostile}` }),
      `<i aria-label="Choose ${written}"></i>`
    )
    assert.equal(await attrs({ x: { data: hostile } }), `<i x-data="${written}"></i>`)
  })

  test('that are off or not there are left out, and those that are on have no value', async ({
    assert,
  }) => {
    assert.equal(
      await attrs({ disabled: true, checked: false, name: undefined, max: 3 }),
      '<i disabled max="3"></i>'
    )
  })
})
