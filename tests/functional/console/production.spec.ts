import { test } from '@japa/runner'
import { startWebProcess } from '#tests/support/web_process'

test.group('The console in production', () => {
  test('sends its cookie over HTTPS only, and tells browsers to stay there', async ({ assert }) => {
    const web = await startWebProcess({
      NODE_ENV: 'production',
      APP_URL: 'https://api.safesend.test',
      TRUSTED_PROXIES: 'loopback',
    })
    try {
      const { headers } = await fetch(`${web.url}/console/sign-in`, {
        headers: { 'accept': 'text/html', 'x-forwarded-proto': 'https' },
      })
      const [cookie] = headers.getSetCookie()
      for (const part of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) {
        assert.include(cookie, part)
      }
      assert.equal(headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains')
      assert.include(headers.get('content-security-policy') ?? '', "default-src 'none'")
    } finally {
      await web.stop()
    }
  }).timeout(60_000)
})
