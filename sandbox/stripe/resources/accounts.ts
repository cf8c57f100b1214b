import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { invalidParam, missing } from '../errors.js'
import {
  boolean,
  hash,
  integer,
  metadata,
  oneOf,
  opaque,
  required,
  string,
  type Values,
} from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

/** Links are for one use, within minutes, because whoever has one acts for the account. */
const LINK_SECONDS = 300
const TODO = [
  'business_type',
  'external_account',
  'individual.dob.day',
  'individual.first_name',
  'individual.last_name',
  'tos_acceptance.date',
  'tos_acceptance.ip',
]

function createAccount(world: World, wanted: Values<typeof creation>): Row<'account'> {
  if (!wanted.type && !wanted.controller) {
    throw invalidParam('parameter_missing', 'Missing required param: type.', 'type')
  }
  const id = newId('acct', 16)
  const asked = Object.entries(wanted.capabilities ?? {}).filter(([, each]) => each?.requested)
  const account: Stripe.Account = {
    id,
    object: 'account',
    business_profile: wanted.business_profile
      ? ({ ...blankProfile(), ...wanted.business_profile } as Stripe.Account['business_profile'])
      : blankProfile(),
    business_type: wanted.business_type ?? null,
    capabilities: Object.fromEntries(asked.map(([name]) => [name, 'inactive'])),
    charges_enabled: false,
    controller: {
      fees: { payer: 'application_express' },
      is_controller: true,
      losses: { payments: 'application' },
      requirement_collection: 'stripe',
      stripe_dashboard: { type: 'express' },
      type: 'application',
    },
    country: wanted.country ?? 'US',
    created: world.clock.seconds,
    default_currency: 'usd',
    details_submitted: false,
    email: wanted.email ?? null,
    external_accounts: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/accounts/${id}/external_accounts`,
    },
    future_requirements: requirements([]),
    metadata: mergedMetadata(null, wanted.metadata),
    payouts_enabled: false,
    requirements: { ...requirements(TODO), disabled_reason: 'requirements.past_due' },
    settings: settings(),
    tos_acceptance: {
      date: null,
      ip: null,
      user_agent: null,
      service_agreement: wanted.tos_acceptance?.service_agreement ?? 'full',
    },
    type: wanted.type ?? 'express',
  }
  return world.store.add('account', id, account)
}

/** The person has given everything: the account can be paid. */
export function completeOnboarding(world: World, row: Row<'account'>): void {
  const { data: account } = row
  account.business_type ??= 'individual'
  account.details_submitted = true
  account.requirements = requirements([])
  account.tos_acceptance = { ...account.tos_acceptance, date: world.clock.seconds }
  setEnabled(world, row, true)
}

/** Stripe wants more from the person and stops the account meanwhile. */
export function restrictAccount(world: World, row: Row<'account'>): void {
  row.data.requirements = {
    ...requirements(['individual.verification.document']),
    past_due: ['individual.verification.document'],
    disabled_reason: 'requirements.past_due',
  }
  setEnabled(world, row, false)
}

type Requirements = NonNullable<Stripe.Account['requirements']>

/** What Stripe may say of an account. What is left out stays as it is, but for lists, which are empty then. */
export interface AccountState {
  /** Of every capability that was asked for. */
  capabilities?: 'active' | 'inactive' | 'pending'
  payoutsEnabled?: boolean
  detailsSubmitted?: boolean
  currentlyDue?: string[]
  pastDue?: string[]
  eventuallyDue?: string[]
  pendingVerification?: string[]
  /** When `currentlyDue` becomes `pastDue`, in unix seconds. */
  deadline?: number
  disabledReason?: string
}

/** Brings an account into any state that Stripe has, whether it goes with the one before or not. */
export function setAccountState(world: World, row: Row<'account'>, state: AccountState): void {
  const { data: account } = row
  const { currentlyDue = [], pastDue = [], eventuallyDue = [], pendingVerification = [] } = state
  account.details_submitted = state.detailsSubmitted ?? account.details_submitted
  account.requirements = {
    ...requirements([]),
    // What is past due is still due, and what is due now is due eventually.
    currently_due: [...new Set([...pastDue, ...currentlyDue])],
    eventually_due: [...new Set([...pastDue, ...currentlyDue, ...eventuallyDue])],
    past_due: pastDue,
    pending_verification: pendingVerification,
    current_deadline: state.deadline ?? null,
    disabled_reason: (state.disabledReason ?? null) as Requirements['disabled_reason'],
  }
  setCapabilities(world, row, state.capabilities, state.payoutsEnabled ?? account.payouts_enabled)
}

/** Stripe, or we as its platform, want nothing to do with an account any more. */
export function rejectAccount(world: World, row: Row<'account'>, reason: string): void {
  setAccountState(world, row, {
    capabilities: 'inactive',
    payoutsEnabled: false,
    disabledReason: `rejected.${reason}`,
  })
}

/** The account's owner takes our access away. It is told to us, and then we are told nothing more. */
export function deauthorize(world: World, row: Row<'account'>): void {
  world.emit(
    'account.application.deauthorized',
    { id: newId('ca'), object: 'application', name: 'SafeSend' },
    row.id
  )
  row.hidden.left = true
  world.store.save(row)
}

function setEnabled(world: World, row: Row<'account'>, enabled: boolean): void {
  setCapabilities(world, row, enabled ? 'active' : 'inactive', enabled)
}

function setCapabilities(
  world: World,
  row: Row<'account'>,
  status: 'active' | 'inactive' | 'pending' | undefined,
  payoutsEnabled: boolean
): void {
  const { data: account } = row
  const { charges_enabled: charges, payouts_enabled: payouts } = account
  account.payouts_enabled = payoutsEnabled
  const all = Object.entries(account.capabilities ?? {})
  const changed = status ? all.filter(([, was]) => was !== status) : []
  for (const [name] of changed) Object.assign(account.capabilities ?? {}, { [name]: status })
  if (status) account.charges_enabled = status === 'active'
  world.store.save(row)
  for (const [name] of changed) world.emit('capability.updated', capability(row.data, name), row.id)
  const previous = { charges_enabled: charges, payouts_enabled: payouts }
  world.emit('account.updated', account, row.id, previous)
}

/** Where a link of the onboarding page leads, or undefined if the link is used up, old or unknown. */
export function openLink(world: World, token: string): Row<'account_link'> | undefined {
  const link = world.store.get('account_link', token)
  if (!link || link.data.expiresAt < world.clock.now) return undefined
  return link
}

function capability(account: Stripe.Account, name: string): Stripe.Capability {
  return {
    id: name,
    object: 'capability',
    account: account.id,
    future_requirements: requirements([]) as Stripe.Capability['future_requirements'],
    requested: true,
    requested_at: account.created ?? null,
    requirements: account.requirements as Stripe.Capability['requirements'],
    status: (account.capabilities as Record<string, Stripe.Capability['status']>)[name],
  }
}

function requirements(due: string[]): NonNullable<Stripe.Account['future_requirements']> {
  return {
    alternatives: [],
    current_deadline: null,
    currently_due: due,
    disabled_reason: null,
    errors: [],
    eventually_due: due,
    past_due: [],
    pending_verification: [],
  }
}

function blankProfile(): NonNullable<Stripe.Account['business_profile']> {
  return {
    annual_revenue: null,
    estimated_worker_count: null,
    mcc: null,
    minority_owned_business_designation: null,
    name: null,
    product_description: null,
    specified_commercial_transactions_act_url: null,
    support_address: null,
    support_email: null,
    support_phone: null,
    support_url: null,
    url: null,
  }
}

function settings(): Stripe.Account['settings'] {
  return {
    branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
    card_payments: {
      decline_on: { avs_failure: false, cvc_failure: false },
      statement_descriptor_prefix: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    dashboard: { display_name: null, timezone: 'Etc/UTC' },
    payments: {
      statement_descriptor: null,
      statement_descriptor_kana: null,
      statement_descriptor_kanji: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    payouts: {
      debit_negative_balances: true,
      schedule: { delay_days: 2, interval: 'daily' },
      statement_descriptor: null,
    },
  }
}

const requested = hash({ requested: boolean })
const changes = {
  business_profile: hash({
    mcc: string,
    name: string,
    product_description: string,
    support_email: string,
    support_phone: string,
    url: string,
  }),
  business_type: oneOf('company', 'government_entity', 'individual', 'non_profit'),
  capabilities: hash({ transfers: requested, card_payments: requested }),
  email: string,
  individual: opaque,
  metadata,
  settings: hash({
    payouts: hash({
      schedule: hash({
        delay_days: integer,
        interval: oneOf('manual', 'daily', 'weekly', 'monthly'),
      }),
    }),
  }),
}
const creation = {
  ...changes,
  controller: opaque,
  country: string,
  default_currency: string,
  tos_acceptance: hash({
    date: integer,
    ip: string,
    service_agreement: oneOf('full', 'recipient'),
    user_agent: string,
  }),
  type: oneOf('express', 'custom', 'standard'),
}
const link = {
  account: required(string),
  collect: oneOf('currently_due', 'eventually_due'),
  collection_options: opaque,
  refresh_url: string,
  return_url: string,
  type: required(oneOf('account_onboarding', 'account_update')),
}

export const accountEndpoints = [
  endpoint('POST', '/v1/accounts', creation, ({ world, params }) => {
    const row = createAccount(world, params)
    const interval = params.settings?.payouts?.schedule?.interval
    if (interval && row.data.settings?.payouts)
      row.data.settings.payouts.schedule.interval = interval
    return row.data
  }),
  endpoint('GET', '/v1/accounts/{account}', {}, ({ world, path }) => {
    return world.find('account', path.account, '', 'account').data
  }),
  endpoint('POST', '/v1/accounts/{account}', changes, ({ world, path, params }) => {
    const row = world.find('account', path.account, '', 'account')
    const { data: account } = row
    for (const [name, each] of Object.entries(params.capabilities ?? {})) {
      if (!each?.requested || Object.hasOwn(account.capabilities ?? {}, name)) continue
      const status = account.details_submitted ? 'active' : 'inactive'
      account.capabilities = { ...account.capabilities, [name]: status }
    }
    account.business_type = params.business_type ?? account.business_type
    account.email = params.email ?? account.email
    account.metadata = mergedMetadata(account.metadata ?? {}, params.metadata)
    Object.assign(account.business_profile ?? {}, params.business_profile)
    Object.assign(account.settings?.payouts?.schedule ?? {}, params.settings?.payouts?.schedule)
    world.store.save(row)
    world.emit('account.updated', account, row.id, {})
    return account
  }),
  endpoint('GET', '/v1/accounts', dated, (call) => {
    return listOf('account', call, '/v1/accounts', (_, { hidden }) => !hidden.left)
  }),
  endpoint(
    'POST',
    '/v1/accounts/{account}/reject',
    { reason: required(oneOf('fraud', 'other', 'terms_of_service')) },
    ({ world, path, params }) => {
      const row = world.find('account', path.account, '', 'account')
      rejectAccount(world, row, params.reason)
      return row.data
    }
  ),
  endpoint('GET', '/v1/accounts/{account}/capabilities', {}, ({ world, path }) => {
    const { data: account } = world.find('account', path.account, '', 'account')
    const data = Object.keys(account.capabilities ?? {}).map((name) => capability(account, name))
    return { object: 'list', data, has_more: false, url: `/v1/accounts/${account.id}/capabilities` }
  }),
  endpoint('GET', '/v1/accounts/{account}/capabilities/{capability}', {}, ({ world, path }) => {
    const { data: account } = world.find('account', path.account, '', 'account')
    if (!Object.hasOwn(account.capabilities ?? {}, path.capability)) {
      throw missing('capability', path.capability, 'capability')
    }
    return capability(account, path.capability)
  }),
  endpoint('POST', '/v1/accounts/{account}/login_links', {}, ({ world, path }) => {
    const row = world.find('account', path.account, '', 'account')
    if (!row.data.details_submitted) {
      throw invalidParam(
        undefined,
        'Cannot create a login link for an account that has not completed onboarding.'
      )
    }
    return {
      object: 'login_link',
      created: world.clock.seconds,
      url: `${world.url}/express/${row.id}/${newId('lgn', 16)}`,
    }
  }),
  endpoint('POST', '/v1/account_links', link, ({ world, params }) => {
    const row = world.find('account', params.account, '', 'account')
    if (!params.refresh_url || !params.return_url) {
      const absent = params.refresh_url ? 'return_url' : 'refresh_url'
      throw invalidParam('parameter_missing', `Missing required param: ${absent}.`, absent)
    }
    const token = newId('alnk', 16)
    world.store.add('account_link', token, {
      account: row.id,
      refreshUrl: params.refresh_url,
      returnUrl: params.return_url,
      expiresAt: world.clock.now + LINK_SECONDS * 1000,
    })
    return {
      object: 'account_link',
      created: world.clock.seconds,
      expires_at: world.clock.seconds + LINK_SECONDS,
      url: `${world.url}/setup/e/${row.id}/${token}`,
    } satisfies Stripe.AccountLink
  }),
]
