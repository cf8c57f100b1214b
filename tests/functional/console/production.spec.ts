import { test } from '@japa/runner'
import { startWebProcess } from '#tests/support/web_process'

test.group('The console in production', () => {
  test('sends its cookie over HTTPS only, and tells browsers to stay there', async ({ assert }) => {
    const web = await startWebProcess({ NODE_ENV: 'production' })
    try {
      const { headers } = await fetch(`${web.url}/console/sign-in`, {
        headers: { accept: 'text/html' },
      })
      const [cookie] = headers.getSetCookie()
      for (const part of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/console']) {
        assert.include(cookie, part)
      }
      assert.match(headers.get('strict-transport-security') ?? '', /max-age=\d+/)
      assert.include(headers.get('content-security-policy') ?? '', "default-src 'none'")
    } finally {
      await web.stop()
    }
  }).timeout(60_000)
})
