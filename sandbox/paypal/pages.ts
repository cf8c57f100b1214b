import { escape, html as hosted, redirect, type Page } from '../common/html.js'
import type { SideDoor } from '../common/http.js'
import { approve, wayBack } from './resources/orders.js'
import { tick } from './schedule.js'
import type { Instrument, Row } from './store.js'
import type { World } from './world.js'

const CHOICES: readonly [Instrument, string][] = [
  ['balance', 'PayPal balance, pays'],
  ['echeck', 'Bank account, clears later'],
  ['declined', 'Visa, declined when it is charged'],
  ['disputed', 'Mastercard, pays, then disputed'],
]

/** What PayPal serves besides its API: the page where a payer approves an order, and its certificates. */
export function pages(world: World): SideDoor {
  return async ({ method, path, query, body }) => {
    const [, certificate] = /^\/v1\/notifications\/certs\/(.+)$/.exec(path) ?? []
    if (certificate && method === 'GET') return certificatePage(world, certificate)
    if (path !== '/checkoutnow') return undefined
    const form = method === 'POST' ? new URLSearchParams(body) : undefined
    try {
      tick(world)
      return checkout(world, query.get('token') ?? '', form)
    } finally {
      world.store.commit()
    }
  }
}

function certificatePage(world: World, id: string): Page {
  const known = world.certUrl.endsWith(`/${id}`)
  world.store.commit()
  return known
    ? {
        status: 200,
        headers: { 'content-type': 'application/x-pem-file' },
        body: world.keyPair.certificate,
      }
    : { status: 404, headers: {}, body: '' }
}

function checkout(world: World, id: string, form: URLSearchParams | undefined): Page {
  const row = world.store.get('order', id)
  if (!row) return html(404, 'Not found', '<p>There is no such order.</p>')
  if (row.hidden.expired) return html(410, 'Expired', '<p>This order has expired.</p>')
  if (row.data.status === 'COMPLETED') {
    const done = wayBack(row, true)
    return done ? redirect(done) : html(200, 'Paid', '<p>This order has been paid.</p>')
  }
  if (!form) {
    return row.data.status === 'APPROVED'
      ? html(200, 'Approved', '<p>You can close this window.</p>')
      : choices(row)
  }
  const agreed = form.get('action') !== 'cancel'
  if (agreed) {
    const instrument = CHOICES.find(([name]) => name === form.get('instrument'))?.[0]
    approve(world, row, { instrument })
  }
  return redirect(wayBack(row, agreed) ?? `/checkoutnow?token=${id}`)
}

/** The page takes the colour of the wallet. */
function choices(row: Row<'order'>): Page {
  const venmo = row.hidden.wallet === 'venmo'
  const [name, colour] = venmo ? ['Venmo', '#008cff'] : ['PayPal', '#0070ba']
  const { purchase_units: units } = row.data
  const total = `${units.map(({ amount }) => amount.value).join(' + ')} ${units[0].amount.currency_code}`
  const items = units.map(({ description, invoice_id: invoice }) => {
    const text = [description, invoice].filter(Boolean).join(', ')
    return text && `<li>${escape(text)}</li>`
  })
  const offered = CHOICES.filter(([value]) => value !== 'echeck' || !row.hidden.immediate)
  const options = offered.map(
    ([value, label], index) =>
      `<label><input type="radio" name="instrument" value="${value}"${index === 0 ? ' checked' : ''}> ${venmo ? label.replace('PayPal', 'Venmo') : label}</label>`
  )
  const style = `<style>h1{color:${colour}}button[value=approve]{background:${colour};color:#fff;border:0;border-radius:1.5rem}</style>`
  return html(
    200,
    `Pay with ${name}`,
    `${style}<p>To SafeSend: <strong>${escape(total)}</strong></p><ul>${items.join('')}</ul><form method="post">${options.join('')}<button name="action" value="approve">Agree and pay</button><button name="action" value="cancel">Cancel</button></form>`
  )
}

function html(status: number, title: string, content: string): Page {
  return hosted('PayPal', status, title, content)
}
