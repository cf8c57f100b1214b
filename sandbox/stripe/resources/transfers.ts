import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { invalidParam, refuse } from '../errors.js'
import { amount, boolean, currency, metadata, oneOf, required, string } from '../fields.js'
import { dated, listOf, page, paging } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { insufficient } from '../money_rules.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { blankCharge } from './charges.js'

interface NewTransfer {
  amount?: number
  currency: string
  description?: string
  destination: string
  metadata?: Record<string, string | null> | null
  source_transaction?: string
  source_type?: 'bank_account' | 'card' | 'fpx'
  transfer_group?: string
}

/**
 * Moves money of the platform to a connected account. With `source_transaction` it draws on that
 * charge, available or not; the sum of its transfers cannot exceed it. What was refunded of the charge
 * does not count, as it does not at Stripe.
 *
 * @throws StripeFailure `insufficient_capabilities_for_transfer`, `transfers_not_allowed`,
 *   `balance_insufficient`
 */
function createTransfer(world: World, wanted: NewTransfer): Row<'transfer'> {
  const destination = world.find('account', wanted.destination, '', 'destination')
  if (destination.data.capabilities?.transfers !== 'active') {
    throw refuse(
      'insufficient_capabilities_for_transfer',
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments'
    )
  }
  const { country, tos_acceptance: terms } = destination.data
  if (country !== world.options.country && terms?.service_agreement !== 'recipient') {
    throw refuse(
      'transfers_not_allowed',
      `Funds can't be sent to accounts located in ${country} when the account is under the \`full\` service agreement.`
    )
  }
  const charge = wanted.source_transaction
    ? world.find('charge', wanted.source_transaction, '', 'source_transaction')
    : undefined
  const minor = wanted.amount ?? charge?.data.amount
  if (minor === undefined) {
    throw invalidParam('parameter_missing', 'Missing required param: amount.', 'amount')
  }
  if (charge) checkSource(world, charge.data, minor, wanted.currency)
  else if (world.ledger.available('', wanted.currency) < minor) {
    throw insufficient(
      'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance'
    )
  }
  return settleTransfer(world, wanted, minor, charge)
}

function checkSource(world: World, charge: Stripe.Charge, minor: number, code: string): void {
  if (charge.status !== 'succeeded') {
    throw refuse(
      'charge_not_captured',
      `Charge ${charge.id} cannot fund a transfer.`,
      'source_transaction'
    )
  }
  if (charge.currency !== code) {
    throw refuse(
      'parameter_invalid',
      `The currency of source_transaction's balance transaction (${charge.currency}) must be the same as the transfer currency (${code})`,
      'currency'
    )
  }
  let drawn = 0
  for (const { data } of world.store.each('transfer')) {
    if (data.source_transaction === charge.id) drawn += data.amount - data.amount_reversed
  }
  if (minor > charge.amount - drawn) {
    throw insufficient(
      `Insufficient funds: the transfer of ${minor} exceeds what is left of ${charge.id} (${charge.amount - drawn}).`
    )
  }
}

function settleTransfer(
  world: World,
  wanted: NewTransfer,
  minor: number,
  charge: Row<'charge'> | undefined
): Row<'transfer'> {
  const id = newId('tr')
  const paymentId = newId('py')
  // Money of a pending charge arrives when the charge's own does.
  const source = world.store.get('balance_transaction', String(charge?.data.balance_transaction))
  const movement = {
    currency: wanted.currency,
    availableAt: source?.hidden.dueAt,
    description: wanted.description,
  }
  const taken = world.ledger.book({ ...movement, type: 'transfer', amount: -minor, source: id })
  const given = world.ledger.book({
    ...movement,
    type: 'payment',
    amount: minor,
    source: paymentId,
    owner: wanted.destination,
  })
  const payment: Stripe.Charge = {
    ...blankCharge(world, paymentId),
    amount: minor,
    amount_captured: minor,
    balance_transaction: given.id,
    currency: wanted.currency,
    source_transfer: id,
  }
  world.store.add('charge', paymentId, payment, wanted.destination)
  const transfer: Stripe.Transfer = {
    id,
    object: 'transfer',
    amount: minor,
    amount_reversed: 0,
    balance_transaction: taken.id,
    created: world.clock.seconds,
    currency: wanted.currency,
    description: wanted.description ?? null,
    destination: wanted.destination,
    destination_payment: paymentId,
    livemode: false,
    metadata: mergedMetadata(null, wanted.metadata),
    reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
    reversed: false,
    source_transaction: charge?.id ?? null,
    source_type: wanted.source_type ?? 'card',
    // A transfer from a charge joins the charge's group.
    transfer_group: wanted.transfer_group ?? charge?.data.transfer_group ?? null,
  }
  const row = world.store.add('transfer', id, transfer)
  world.emit('transfer.created', transfer)
  return row
}

/**
 * Takes a transfer back, wholly or in part, from the connected account's balance.
 *
 * @param force does it even if that balance does not cover it, as Stripe itself may
 * @throws StripeFailure when more than the rest is asked, or the balance does not cover it
 */
export function reverseTransfer(
  world: World,
  row: Row<'transfer'>,
  wanted: { amount?: number; metadata?: Record<string, string | null> | null } = {},
  force = false
): Row<'transfer_reversal'> {
  const { data: transfer } = row
  const rest = transfer.amount - transfer.amount_reversed
  const minor = wanted.amount ?? rest
  if (rest === 0)
    throw refuse('transfer_already_reversed', `Transfer ${row.id} is already fully reversed.`)
  if (minor > rest) {
    throw refuse(
      'amount_too_large',
      `Transfer reversal amount (${minor}) is greater than unreversed amount on transfer (${rest})`,
      'amount'
    )
  }
  const owner = String(transfer.destination)
  const funds = world.ledger.balances(owner).find((each) => each.currency === transfer.currency)
  if (!force && (funds?.available ?? 0) + (funds?.pending ?? 0) < minor) {
    throw insufficient('The connected account has insufficient funds to reverse this transfer.')
  }
  const id = newId('trr')
  const refundId = newId('pyr')
  const { currency: code } = transfer
  world.ledger.book({
    type: 'payment_refund',
    amount: -minor,
    currency: code,
    source: refundId,
    owner,
  })
  const back = world.ledger.book({
    type: 'transfer_refund',
    amount: minor,
    currency: code,
    source: id,
  })
  const reversal: Stripe.TransferReversal = {
    id,
    object: 'transfer_reversal',
    amount: minor,
    balance_transaction: back.id,
    created: world.clock.seconds,
    currency: code,
    destination_payment_refund: refundId,
    metadata: mergedMetadata(null, wanted.metadata),
    source_refund: null,
    transfer: row.id,
  }
  const reversed = world.store.add('transfer_reversal', id, reversal)
  transfer.amount_reversed += minor
  transfer.reversed = transfer.amount_reversed === transfer.amount
  transfer.reversals.data.unshift(reversal)
  world.store.save(row)
  world.emit('transfer.reversed', transfer)
  return reversed
}

const creation = {
  amount,
  currency: required(currency),
  description: string,
  destination: required(string),
  metadata,
  source_transaction: string,
  source_type: oneOf('bank_account', 'card', 'fpx'),
  transfer_group: string,
}
const reversal = { amount, description: string, metadata, refund_application_fee: boolean }

export const transferEndpoints = [
  endpoint(
    'POST',
    '/v1/transfers',
    creation,
    ({ world, params }) => createTransfer(world, params).data
  ),
  endpoint('GET', '/v1/transfers/{transfer}', {}, ({ world, path, owner }) => {
    return world.find('transfer', path.transfer, owner).data
  }),
  endpoint(
    'POST',
    '/v1/transfers/{transfer}',
    { description: string, metadata },
    ({ world, path, owner, params }) => {
      const row = world.find('transfer', path.transfer, owner)
      row.data.description = params.description ?? row.data.description
      row.data.metadata = mergedMetadata(row.data.metadata, params.metadata)
      world.store.save(row)
      return row.data
    }
  ),
  endpoint(
    'GET',
    '/v1/transfers',
    { ...dated, destination: string, transfer_group: string },
    (call) => {
      const { destination, transfer_group: group } = call.params
      return listOf('transfer', call, '/v1/transfers', (transfer) => {
        return (
          (destination === undefined || transfer.destination === destination) &&
          (group === undefined || transfer.transfer_group === group)
        )
      })
    }
  ),
  endpoint('POST', '/v1/transfers/{id}/reversals', reversal, ({ world, path, owner, params }) => {
    return reverseTransfer(world, world.find('transfer', path.id, owner), params).data
  }),
  endpoint('GET', '/v1/transfers/{id}/reversals', paging, ({ world, path, owner, params }) => {
    const { reversals } = world.find('transfer', path.id, owner).data
    return page(reversals.data, params, reversals.url)
  }),
  endpoint('GET', '/v1/transfers/{transfer}/reversals/{id}', {}, ({ world, path, owner }) => {
    return world.find('transfer_reversal', path.id, owner).data
  }),
]
