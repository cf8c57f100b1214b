/** A web server without its signing key must not start, rather than fail at the first sign-in. */
export default class IdentityProvider {
  async start() {
    const { signingKey } = await import('#identity/signing_key')
    await signingKey()
  }
}
