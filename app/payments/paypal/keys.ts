/** What `providerKey` makes, wherever PayPal shows it: `safesend:<transaction>:<step>:<attempt>`. */
const KEY = /safesend:([0-9a-f-]{36}):\w+:\d+/

/** @returns the key in something that PayPal shows, and the transaction that it is for */
export function keyIn(words = ''): { key?: string; transactionId: string } {
  const [key, transactionId = ''] = KEY.exec(words) ?? []
  return { key, transactionId }
}
