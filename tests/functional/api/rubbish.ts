/** Anything below is JSON text, because some of it no object in JavaScript can hold. */
export interface Rubbish {
  what: string
  json: string
}

const json = (what: string, value: unknown): Rubbish => ({ what, json: JSON.stringify(value) })

const DEEP = '['.repeat(1000) + ']'.repeat(1000)

/** What no text, amount, date, id or choice can be. */
export const WRONG_TYPES: Rubbish[] = [
  json('minus one', -1),
  json('zero', 0),
  json('a JSON number', 100),
  json('fractional cents', 10.005),
  { what: '1e308', json: '1e308' },
  { what: 'a number beyond all', json: '1e999' },
  { what: 'a number of 400 digits', json: '9'.repeat(400) },
  json('true', true),
  json('an empty list', []),
  json('a list', ['x']),
  json('an empty object', {}),
  { what: 'a polluting object', json: '{"__proto__":{"is_verified":true},"constructor":{}}' },
  json('an operator', { $ne: null }),
  { what: '1000 lists deep', json: DEEP },
  { what: '1000 objects deep', json: '{"a":'.repeat(1000) + '1' + '}'.repeat(1000) },
  json('a NUL', '\u0000'),
  json('text with a NUL', 'a\u0000b@example.com'),
  { what: 'half a surrogate pair', json: '"\\ud800"' },
  { what: 'halves the wrong way round', json: '"a\\udc00\\ud800b"' },
]

/** What only text may be, and some text not. */
export const ODD_TEXTS: Rubbish[] = [
  json('no characters', ''),
  json('a blank', ' '),
  json('line ends', '\r\n\t'),
  json('10,001 characters', 'x'.repeat(10_001)),
  json('100,000 characters', 'é'.repeat(100_000)),
  json('emoji', '💸👩‍👩‍👧‍👦'),
  json('right to left', '\u202egnp.exe'),
  json('SQL', `'; DROP TABLE users; --`),
  json('a template', '{{ 7*7 }}${7*7}<%= 7*7 %>'),
  json('a script', '<script>alert(1)</script>'),
  json('a name of the prototype', '__proto__'),
  json('a method of the prototype', 'constructor'),
  json('a path', '../../etc/passwd'),
  json('a header', 'a@example.com\r\nBcc: b@example.com'),
  json('a javascript address', 'javascript:alert(1)'),
  json('an inner address', 'file:///etc/passwd'),
  json('a year that no calendar has', '+275760-09-13T00:00:00Z'),
  json('a 13th month', '2090-13-41T25:61:61Z'),
  json('the past', '1999-09-09T09:09:09Z'),
  json('no uuid', '00000000-0000-0000-0000-00000000000g'),
]

/** What no amount of money is. */
export const NO_AMOUNTS: Rubbish[] = [
  'NaN',
  'Infinity',
  '-5.00',
  '+5.00',
  '0',
  '0.00',
  '0.001',
  '10.005',
  '1e3',
  '1,000.00',
  '1.000,00',
  '0x10',
  '1.',
  '.5',
  '01.00',
  ' 1.00',
  '1.00 ',
  '1.00\n',
  '100000000.00',
  '99999999999999999999.00',
  '٣٤.٠٠',
  '１２.００',
  '$5.00',
  '5.00 USD',
  '5.00 EUR',
].map((text) => json(`the amount ${JSON.stringify(text)}`, text))

export const NO_CURRENCIES: Rubbish[] = [
  'usd',
  'US',
  'USDT',
  'XXX',
  'XAU',
  'BTC',
  '€',
  ' USD',
  'USD ',
  'toString',
].map((text) => json(`the currency ${JSON.stringify(text)}`, text))

/** Bodies that are no JSON object, with what makes them up. */
export const BODIES: { what: string; body: string | Uint8Array; headers?: object }[] = [
  { what: 'an open brace', body: '{' },
  { what: 'an open text', body: '{"a":"' },
  { what: 'a number', body: '7' },
  { what: 'a text', body: '"x"' },
  { what: 'null', body: 'null' },
  { what: 'true', body: 'true' },
  { what: 'NaN', body: 'NaN' },
  { what: 'an unquoted name', body: '{a:1}' },
  { what: 'two objects', body: '{}{}' },
  { what: 'an object and a brace', body: '{"a":1}}' },
  { what: 'a NUL', body: '\u0000' },
  { what: '100,000 lists deep', body: '['.repeat(100_000) },
  { what: '3,000 lists deep and closed', body: `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}` },
  { what: 'bytes that are no UTF-8', body: new Uint8Array([0x22, 0xff, 0xfe, 0xc0, 0x22]) },
  { what: 'two megabytes', body: `{"a":"${'x'.repeat(2_000_000)}"}` },
  { what: 'plain text', body: '{}', headers: { 'content-type': 'text/plain' } },
  { what: 'a form', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { what: 'XML', body: '<a/>', headers: { 'content-type': 'application/xml' } },
  {
    what: 'parts',
    body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  { what: 'a broken type', body: '{}', headers: { 'content-type': ';;;' } },
  { what: 'compressed', body: '{}', headers: { 'content-encoding': 'gzip' } },
]

/** Bodies that are JSON, and say nothing that anybody asked for. */
export const EMPTY_BODIES = ['', '{}', '[]', '[{}]', '[[]]', '{"":""}', '{"__proto__":null}']

/** Members that decide what only we decide. */
export const FORBIDDEN_MEMBERS = {
  id: '11111111-1111-4111-8111-111111111111',
  status: 'approved',
  state: 'paid',
  user_type: 'client',
  is_verified: true,
  is_staff: true,
  client_id: '22222222-2222-4222-8222-222222222222',
  freelancer_id: '22222222-2222-4222-8222-222222222222',
  user_id: '22222222-2222-4222-8222-222222222222',
  project_id: '22222222-2222-4222-8222-222222222222',
  platform_fee_bps: 0,
  inspection_days: 1,
  fee: '0.00',
  net: '999.00',
  rail: 'paypal',
  immediate: true,
  funded: true,
  funded_at: '2001-01-01T00:00:00Z',
  closed_at: '2001-01-01T00:00:00Z',
  auto_approve_at: '2001-01-01T00:00:00Z',
  created_at: '2001-01-01T00:00:00Z',
  provider_transaction_id: 'tr_1',
  stripe_account_id: 'acct_1',
}

/** Instead of an id in a path. */
export const NO_IDS = [
  'no-uuid',
  '0',
  '-1',
  'null',
  'undefined',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '{00000000-0000-4000-8000-000000000000}',
  '%00',
  'a%00b',
  '..%2f',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f',
  '%ff',
  '%',
  '%E0%A4%A',
  '%F0%9F%92%B8',
  '%20',
  `'%20OR%20'1'='1`,
  '__proto__',
  'x'.repeat(5000),
]

/** Query strings that no list takes. */
export const BAD_PAGES = [
  'limit=0',
  'limit=-1',
  'limit=101',
  'limit=1e9',
  'limit=1.5',
  'limit=abc',
  'limit=NaN',
  'limit[]=x',
  'limit[a]=1',
  'limit=%00',
  'after=garbage',
  'after=%00',
  'after=%ff',
  'after=AAAA',
  'after=____________________',
  `after=${'x'.repeat(5000)}`,
  'after[]=x&after[]=y',
  'after[$gt]=',
  'after=0&after=1',
]

/** Query strings that mean nothing; who ignores them is right as well. */
export const ODD_QUERIES = [
  'unknown=1',
  'status=nonsense',
  'status[]=pending',
  'status=%00',
  'milestone_id=garbage',
  'project_id[]=garbage',
  'transaction_type=__proto__',
  'milestone_ids=x',
  'milestone_ids[]=%00',
  'amount=1e3',
  'amount=-1.00',
  'amount=10.00&currency=BTC',
  'unread=maybe',
  'a[b][c][d][e][f][g]=1',
  '__proto__[is_verified]=1',
  'constructor[prototype][x]=1',
  '&&&===',
  '%',
  '%E0%A4%A=%E0%A4%A',
  Array.from({ length: 2000 }, (_, i) => `a${i}=1`).join('&'),
]

export const BAD_KEYS: { what: string; value?: string }[] = [
  { what: 'no key' },
  { what: 'an empty key', value: '' },
  { what: 'a key of 300 characters', value: 'k'.repeat(300) },
  { what: 'a key beyond ASCII', value: 'sch\u00fcssel' },
  { what: 'a key of two words', value: 'two words' },
  { what: 'two keys', value: 'one, two' },
]
