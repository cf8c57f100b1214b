import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { money } from '#console/formats'
import { quote } from '#escrow/quote'
import { changeSetting, setting, type SettingName, type SettingValue } from '#escrow/settings'
import { Money } from '#ledger/money'
import { keptFor } from '#site/kept_for'
import { PAGES } from '#site/pages'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { queriesOf } from '#tests/support/many_projects'
import { ask, attribute, forgetPages, plain, siteBase, wordsOf } from '#tests/support/site'

const change = async <Name extends SettingName>(name: Name, value: SettingValue<Name>) => {
  await db.transaction((trx) => changeSetting(trx, name, value, 'operator'))
  forgetPages()
}

const META = {
  description: /<meta name="description"[^>]*>/,
  canonical: /<link rel="canonical"[^>]*>/,
  og: (name: string) => new RegExp(`<meta\\s+property="og:${name}"[^>]*>`),
  twitter: (name: string) => new RegExp(`<meta\\s+name="twitter:${name}"[^>]*>`),
}

/** The data block of a page, parsed. */
function structured(page: string): any[] {
  const block = /<script type="application\/ld\+json">([^]*?)<\/script>/.exec(page)?.[1]
  const data = JSON.parse(block!)
  if (data['@context'] !== 'https://schema.org') throw new Error('No context of schema.org')
  return data['@graph']
}

test.group('Public pages', (group) => {
  group.each.setup(resetAll)
  group.each.setup(() => {
    forgetPages()
    return forgetPages
  })

  test('every page of the table answers, and the table has every page', async ({ assert }) => {
    for (const { path } of PAGES) {
      const { status, headers } = await ask(path)
      assert.equal(status, 200, path)
      assert.match(headers.get('content-type')!, /^text\/html; charset=utf-8$/, path)
    }
    const views = Object.values(router.toJSON())
      .flat()
      .filter(({ name, methods }) => name?.startsWith('site.') && methods.includes('GET'))
      .map(({ pattern }) => pattern)
    const files = ['/offline', '/sw.js', '/robots.txt', '/sitemap.xml', '/site.webmanifest']
    const icons = ['/favicon.ico', '/apple-touch-icon.png']
    assert.sameMembers(views, [...PAGES.map(({ path }) => path as string), ...files, ...icons])
  })

  test('each says what it is, in words of its own', async ({ assert }) => {
    const titles = new Set<string>()
    const descriptions = new Set<string>()
    for (const { path, title, description } of PAGES) {
      const { text } = await ask(path)
      const shown = plain(/<title>([^<]*)<\/title>/.exec(text)?.[1])
      assert.equal(shown, title)
      assert.isAtMost(title.length, 65, path)
      assert.equal(attribute(text, META.description, 'content'), description)
      assert.isAtLeast(description.length, 70, path)
      assert.isAtMost(description.length, 165, path)
      titles.add(title)
      descriptions.add(description)
      assert.equal([...text.matchAll(/<h1[ >]/g)].length, 1, `${path} has one heading`)
    }
    assert.equal(titles.size, PAGES.length)
    assert.equal(descriptions.size, PAGES.length)
  })

  test('each has one address, and a card for who shares it', async ({ assert }) => {
    for (const { path, title, description } of PAGES) {
      const { text } = await ask(path)
      const address = siteBase() + path
      assert.equal(attribute(text, META.canonical, 'href'), address)
      assert.equal(attribute(text, META.og('url'), 'content'), address)
      for (const kind of ['og', 'twitter'] as const) {
        assert.equal(attribute(text, META[kind]('title'), 'content'), title)
        assert.equal(attribute(text, META[kind]('description'), 'content'), description)
      }
      assert.equal(attribute(text, META.twitter('card'), 'content'), 'summary_large_image')
      assert.equal(attribute(text, META.og('image:width'), 'content'), '1200')
      const image = attribute(text, META.og('image'), 'content')!
      assert.isTrue(image.startsWith(siteBase()), path)
    }
  })

  test('each tells search engines who is behind it and where it stands', async ({ assert }) => {
    setVariable('COMPANY_NAME', 'SafeSend <b>& Sons</script>')
    try {
      forgetPages()
      for (const { path, label } of PAGES) {
        const graph = structured((await ask(path)).text)
        const kinds = graph.map((each) => each['@type'])
        assert.includeMembers(kinds, ['Organization', 'WebSite', 'WebPage'])
        const organization = graph.find((each) => each['@type'] === 'Organization')
        assert.equal(organization.legalName, 'SafeSend <b>& Sons</script>')
        assert.equal(organization.contactPoint.email, 'escrow@safesend.test')
        assert.equal((await fetch(organization.logo)).status, 200)
        const crumbs = graph.find((each) => each['@type'] === 'BreadcrumbList')
        assert.equal(crumbs !== undefined, path !== '/', path)
        if (crumbs) {
          assert.deepEqual(
            crumbs.itemListElement.map((each: any) => [each.position, each.name, each.item]),
            [
              [1, 'SafeSend', `${siteBase()}/`],
              [2, label, siteBase() + path],
            ]
          )
        }
        const questions = graph.find((each) => each['@type'] === 'FAQPage')
        assert.equal(questions !== undefined, path === '/help')
      }
    } finally {
      setVariable('COMPANY_NAME', undefined)
      forgetPages()
    }
  })

  test('the questions that search engines get are those on the page, each at its own address', async ({
    assert,
  }) => {
    const { text } = await ask('/help')
    const words = wordsOf(text)
    const questions = structured(text).find((each) => each['@type'] === 'FAQPage').mainEntity
    assert.isAbove(questions.length, 15)
    for (const { name, acceptedAnswer } of questions) {
      assert.include(words, name)
      assert.include(words, acceptedAnswer.text.replaceAll(/\s/g, ' ').slice(0, 60))
    }
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.deepEqual(ids, [...new Set(ids)])
    for (const [, id] of text.matchAll(/href="#([^"]+)"/g)) assert.include(ids, id)
  })

  test('no link on them leads nowhere', async ({ assert }) => {
    setVariable('FRONTEND_URL', undefined)
    const seen = new Map<string, string>()
    const queue = PAGES.map(({ path }) => path as string)
    const broken: string[] = []
    const pages = new Map<string, string>()
    while (queue.length > 0) {
      const path = queue.shift()!
      if (pages.has(path)) continue
      const { status, headers, text } = await ask(path)
      pages.set(path, text)
      if (status !== 200) broken.push(`${path} from ${seen.get(path)}: ${status}`)
      if (!headers.get('content-type')?.includes('html') || path === '/docs') continue
      for (const [, link] of text.matchAll(/(?:href|src|action)="([^"]+)"/g)) {
        if (/^(mailto:|#|data:)/.test(link)) continue
        const url = new URL(plain(link)!, siteBase() + path)
        if (url.origin !== siteBase()) continue
        if (url.hash && !(await ask(url.pathname)).text.includes(`id="${url.hash.slice(1)}"`)) {
          broken.push(`${link} on ${path}: no such place`)
        }
        seen.set(url.pathname, path)
        queue.push(url.pathname)
      }
      for (const [, set] of text.matchAll(/srcset="([^"]+)"/g)) {
        for (const part of set.split(',')) queue.push(part.trim().split(' ')[0])
      }
    }
    assert.deepEqual(broken, [])
    assert.isAbove(pages.size, 20)
  }).timeout(60_000)

  test('pricing says what the quote says, for every way to pay, and follows the fee', async ({
    assert,
  }) => {
    for (const [bps, percent] of [
      [1000, '10'],
      [725, '7.25'],
      [0, '0'],
    ] as const) {
      await change('platform_fee_bps', bps)
      const quoted = await quote(Money.parse('1000.00', 'USD'))
      const { text } = await ask('/pricing')
      const words = wordsOf(text)
      assert.include(words, `${percent} % of what is released`)
      const [, ...rows] = text
        .split('<th scope="row">')
        .map((row) => wordsOf(`<main>${row}</main>`))
      for (const { limits } of quoted.providers) {
        const row = [
          money(quoted.amount.minor, 'USD'),
          money(quoted.platformFee.minor, 'USD'),
          money(quoted.net.minor, 'USD'),
          money(limits.minimum.minor, 'USD'),
          money(limits.maximum.minor, 'USD'),
        ]
        assert.isTrue(
          rows.some((each) => row.every((amount) => each.includes(amount))),
          `${bps}: ${row}`
        )
      }
      for (const name of ['Stripe', 'PayPal', 'Venmo']) assert.include(words, name)
    }
  })

  test('parts of a release add up to the whole, also where they are rounded', async ({
    assert,
  }) => {
    await change('platform_fee_bps', 725)
    const { text } = await ask('/pricing')
    const cells = [
      ...text.matchAll(/<td class="figure" data-label="Fee">\s*([\d.,]+) USD\s*<\/td>/g),
    ]
    const fees = cells.map(([, amount]) => Money.parse(amount.replaceAll(',', ''), 'USD'))
    assert.lengthOf(fees, 4)
    assert.isTrue(fees[0].add(fees[1]).add(fees[2]).equals(fees[3]))
    assert.equal(fees[3].toDecimal(), '72.50')
  })

  test('periods are those of the settings, on every page that names one', async ({ assert }) => {
    const periods = {
      inspection_days: [21, ['/', '/how-it-works', '/help', '/terms', '/privacy']],
      refund_free_hours: [37, ['/', '/how-it-works', '/help', '/terms']],
      refund_overdue_days: [11, ['/', '/how-it-works', '/help', '/terms']],
      refund_response_days: [9, ['/how-it-works', '/help', '/terms']],
      dispute_response_days: [8, ['/how-it-works', '/help', '/terms', '/privacy']],
      dispute_negotiation_days: [23, ['/how-it-works', '/help', '/terms']],
      dispute_again_days: [19, ['/help']],
      payout_hold_days: [6, ['/how-it-works', '/help', '/terms']],
      unverified_account_days: [97, ['/data-retention']],
      sign_in_retention_days: [33, ['/data-retention']],
      notification_retention_days: [377, ['/data-retention']],
      invitation_address_days: [35, ['/data-retention']],
      inbox_payload_days: [91, ['/data-retention']],
      message_retention_days: [1111, ['/data-retention']],
      export_retention_days: [13, ['/data-retention', '/help', '/privacy']],
    } as const
    const wrong: string[] = []
    for (const [name, [value, paths]] of Object.entries(periods)) {
      const before = await setting(db, name as SettingName)
      const unit = name.endsWith('hours') ? 'hours' : 'days'
      for (const path of paths) {
        const said = `${value} ${unit}`
        if (wordsOf((await ask(path)).text).includes(said))
          wrong.push(`${path} says ${said} anyway`)
      }
      await change(name as 'inspection_days', value as number)
      assert.notEqual(before, value)
      for (const path of paths) {
        const words = wordsOf((await ask(path)).text).replaceAll(/Day (\d+)/g, '$1 days')
        if (!words.includes(`${value} ${unit}`)) wrong.push(`${path}: ${name}`)
      }
    }
    assert.deepEqual(wrong, [])
    await change('terms_version', '2027-02-01')
    assert.include(wordsOf((await ask('/terms')).text), 'Version 2027-02-01')
  }).timeout(60_000)

  test('terms with a version are those, or none: nobody is shown other words', async ({
    assert,
  }) => {
    const terms = expectData(await api().get('terms'))
    const { pathname, search } = new URL(terms.url)
    assert.equal((await ask(pathname + search)).status, 200)
    for (const version of ['2020-01-01', '', '<b>', `${terms.version}&version=2`]) {
      const other = await ask(`/terms?version=${version}`)
      assert.equal(other.status, 404, version)
      const words = wordsOf(other.text)
      assert.include(words, `Version ${terms.version} is in force.`)
      assert.match(words, /Write to \S+, name it, and ask for its text/)
      assert.include(other.text, 'href="/terms"')
    }
    // In force from one moment to the next, whatever the pages remember.
    await db.transaction((trx) => changeSetting(trx, 'terms_version', '2027-02-01', 'operator'))
    assert.include(wordsOf((await ask('/terms?version=2027-02-01')).text), 'Version 2027-02-01')
    assert.equal((await ask(`/terms?version=${terms.version}`)).status, 404)
  })

  test('no sentence has a blank before its stop', async ({ assert }) => {
    const wrong: string[] = []
    for (const path of [...PAGES.map((page) => page.path), '/offline', '/nowhere']) {
      const { text } = await ask(path)
      const inline = text.replaceAll(/<\/?(?:a|code|em|mark|strong|time)\b[^>]*>/g, '')
      const words = wordsOf(inline)
      wrong.push(
        ...[...words.matchAll(/\S+ [.,:;?!)](?= |$)/g)].map(([each]) => `${path}: ${each}`)
      )
    }
    assert.deepEqual(wrong, [])
  })

  test('legal pages say that they are templates, and other pages are none', async ({ assert }) => {
    for (const page of PAGES) {
      const { text } = await ask(page.path)
      assert.equal(text.includes('Template, not legal advice.'), 'template' in page, page.path)
    }
    assert.include(wordsOf((await ask('/terms')).text), '[name and address of the company]')
  })

  test('who runs it, and where to write and sign in, comes from the configuration', async ({
    assert,
  }) => {
    setVariable('COMPANY_NAME', 'Harbour & Co')
    setVariable('COMPANY_ADDRESS', '1 Quay Street')
    setVariable('SUPPORT_EMAIL', 'help@harbour.example')
    setVariable('FRONTEND_URL', 'https://app.harbour.example')
    try {
      forgetPages()
      for (const path of ['/privacy', '/terms']) {
        const { text } = await ask(path)
        assert.include(text, '<strong>Harbour &amp; Co</strong>')
        assert.notInclude(text, '[name and address of the company]')
      }
      const { text } = await ask('/')
      assert.include(text, 'mailto:help@harbour.example')
      assert.include(text, '1 Quay Street')
      assert.match(text, /href="https:\/\/app\.harbour\.example">Start a project</)
    } finally {
      for (const name of ['COMPANY_NAME', 'COMPANY_ADDRESS', 'SUPPORT_EMAIL', 'FRONTEND_URL']) {
        setVariable(name, undefined)
      }
    }
    forgetPages()
    assert.notMatch((await ask('/')).text, /Sign in|Start a project/)
  })

  test('they are kept for a minute, known again by their tag, and sent compressed', async ({
    assert,
  }) => {
    for (const { path } of PAGES.filter(({ name }) => name !== 'cookies' && name !== 'status')) {
      const { headers, text } = await ask(path, { headers: { 'accept-encoding': 'identity' } })
      assert.equal(headers.get('cache-control'), 'public, max-age=60')
      assert.match(headers.get('vary')!, /Accept-Encoding/i)
      assert.isNull(headers.get('set-cookie'))
      const etag = headers.get('etag')!
      const again = await ask(path, { headers: { 'if-none-match': etag } })
      assert.equal(again.status, 304, path)
      assert.equal(again.text, '')
      for (const encoding of ['br', 'gzip']) {
        const small = await ask(path, { headers: { 'accept-encoding': encoding } })
        assert.equal(small.headers.get('content-encoding'), encoding)
        assert.equal(small.text, text, 'the same when it is unpacked')
        assert.equal(small.headers.get('etag'), etag)
        assert.isBelow(Number(small.headers.get('content-length')), text.length / 2)
      }
      const head = await ask(path, { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [200, ''])
    }
  })

  test('looking at them asks the database nothing', async ({ assert }) => {
    for (const { path } of PAGES) await ask(path)
    const asked = await queriesOf(async () => {
      for (const { path } of PAGES) await ask(path)
    })
    assert.deepEqual(asked, [])
  })

  test('a page that there is not is one for people, and a problem document for programs', async ({
    assert,
  }) => {
    const page = await ask('/no-such-page')
    assert.equal(page.status, 404)
    assert.match(page.headers.get('content-type')!, /^text\/html/)
    assert.include(page.text, 'There is no such page')
    assert.include(page.text, page.headers.get('x-request-id')!)
    assert.match(page.text, /<meta name="robots" content="noindex" \/>/)
    assert.notInclude(page.text, 'data-worker')
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/)
    for (const accept of ['*/*', 'application/json', 'application/problem+json']) {
      const problem = await ask('/no-such-page', { headers: { accept } })
      assert.match(problem.headers.get('content-type')!, /^application\/problem\+json/, accept)
      assert.equal(JSON.parse(problem.text).code, 'route_not_found')
    }
    for (const path of ['/api/nothing', '/api', '/files/nothing', '/health/nothing']) {
      const problem = await ask(path)
      assert.match(problem.headers.get('content-type')!, /^application\/problem\+json/, path)
    }
  })

  test('a failure of ours is told to people as one, without anything of its inside', async ({
    assert,
  }) => {
    await db.table('settings').insert({
      name: 'inspection_days',
      version: 1,
      value: JSON.stringify('no number'),
      changed_by: 'operator',
    })
    const { status, headers, text } = await ask('/how-it-works')
    assert.equal(status, 500)
    assert.match(headers.get('content-type')!, /^text\/html/)
    assert.include(text, 'Something went wrong on our side')
    assert.include(text, headers.get('x-request-id')!)
    assert.notMatch(text, /node_modules|InvalidSetting|\.ts:|whole number/)
    assert.equal(headers.get('cache-control'), 'no-store')
  })

  test('what was found out is kept for who asks when it cannot be found out any more', async ({
    assert,
  }) => {
    const kept = keptFor(0, failingAfter(1, 'known'))
    assert.equal(await kept(), 'known')
    assert.equal(await kept(), 'known', 'the last answer, when there is no other')
    kept.forget()
    await assert.rejects(() => kept(), 'gone')
  })
})

/** Finds something out so many times, and then no more. */
function failingAfter<Value>(times: number, value: Value): () => Promise<Value> {
  let asked = 0
  return async () => {
    if (asked++ >= times) throw new Error('gone')
    return value
  }
}
