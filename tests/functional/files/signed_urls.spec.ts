import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from '@japa/runner'
import drive from '@adonisjs/drive/services/main'
import { appUrl } from '#config/app'
import { signedDownload } from '#drive/signed_download'

/** With the path as it is: `fetch` would tidy it up. */
async function rawGet(path: string): Promise<{ status: number; text: string }> {
  const request = get({ host: process.env.HOST, port: process.env.PORT, path })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode!, text: await readText(response) }
}

const KEY = 'test/signed_urls/one.html'
const PAGE = '<script>alert("ä")</script>'

test.group('Signed URLs of the fs disk', (group) => {
  group.setup(() => drive.use('fs').put(KEY, PAGE))
  group.teardown(() => drive.use('fs').deleteAll('test/signed_urls'))

  test('a signed URL gives the file as an attachment that no browser runs', async ({ assert }) => {
    const { url } = await signedDownload(KEY, {
      name: 'Entwurf "ä".html',
      contentType: 'text/html',
    })
    const response = await fetch(url)
    assert.equal(response.status, 200)
    assert.equal(await response.text(), PAGE)
    const headers = Object.fromEntries(response.headers)
    assert.equal(headers['content-type'], 'application/octet-stream')
    assert.equal(headers['content-length'], String(Buffer.byteLength(PAGE)))
    assert.equal(
      headers['content-disposition'],
      `attachment; filename="Entwurf ___.html"; filename*=UTF-8''Entwurf%20%22%C3%A4%22.html`
    )
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
    assert.match(headers['cache-control'], /private/)
  })

  test('what is unchanged is not sent again, and HEAD sends nothing', async ({ assert }) => {
    const { url } = await signedDownload(KEY, { name: 'one' })
    const etag = (await fetch(url)).headers.get('etag')!
    const again = { 'if-none-match': etag, 'cache-control': 'max-age=0' }
    assert.equal((await fetch(url, { headers: again })).status, 304)
    const head = await fetch(url, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
  })

  test('without a signature, with a forged one or one of another file nothing is served', async ({
    assert,
  }) => {
    await drive.use('fs').put('test/signed_urls/two', 'two')
    const { url } = await signedDownload(KEY, { name: 'one' })
    const two = url.replace('one.html', 'two')
    const inline = url.replace('attachment', 'inline')
    for (const bad of [
      `${appUrl}/files/${KEY}`,
      `${appUrl}/files/${KEY}?signature=x`,
      `${appUrl}/files/${KEY}?signature[]=x`,
      two,
      inline,
      `${url}&contentType=text%2Fhtml`,
    ]) {
      const response = await fetch(bad)
      assert.equal(response.status, 403, bad)
      assert.match(response.headers.get('content-type')!, /problem\+json/)
      assert.equal(((await response.json()) as any).code, 'link_not_valid')
    }
  })

  test('a URL works until it expires, and is refused then', async ({ assert }) => {
    const { url, expiresAt } = await signedDownload(KEY, { name: 'one', expiresInSeconds: 2 })
    await wait(1000)
    assert.equal((await fetch(url)).status, 200)
    await wait(expiresAt.diffNow().toMillis() + 200)
    assert.equal((await fetch(url)).status, 403)
  })

  test('a file that is gone is a 404', async () => {
    const { url } = await signedDownload('test/signed_urls/gone', { name: 'gone' })
    const response = await fetch(url)
    if (response.status !== 404) throw new Error(String(response.status))
  })

  test('no path leads out of the folder', async ({ assert }) => {
    for (const path of [
      '../package.json',
      '%2e%2e/package.json',
      '..%2f..%2fpackage.json',
      '%2e%2e%5cpackage.json',
      '%00',
      '/etc/passwd',
      'test',
    ]) {
      const { status, text } = await rawGet(`/files/${path}`)
      assert.include([400, 403, 404], status, path)
      assert.notInclude(text, '"private": true')
    }
    for (const key of ['../package.json', 'a/../../package.json', 'a\0b', '']) {
      await assert.rejects(() => signedDownload(key, { name: 'x' }))
    }
  })
})
