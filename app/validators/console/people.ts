import vine from '@vinejs/vine'
import { FILE_KINDS } from '#escrow/kept_files'
import { USER_TYPES } from '#models/user'
import { after, currencyFilter, day, figure, oneOf, uuid, words } from '#validators/console/filters'

export const USER_STATES = ['verified', 'unverified', 'suspended', 'erased'] as const
export const PROJECT_STATUSES = ['draft', 'active', 'completed', 'cancelled', 'disputed'] as const
export const PROJECT_TROUBLES = ['dispute', 'chargeback', 'refund_pending'] as const

export const usersFilter = vine.create({
  q: words(254),
  role: oneOf(USER_TYPES),
  state: oneOf(USER_STATES),
  debt: oneOf(['yes']),
  after: after(),
})

/** What needs somebody, unless more is asked for. */
export const FILE_STATES = ['quarantined', 'waiting', 'served', 'all'] as const

export const filesFilter = vine.create({
  q: words(200),
  kind: oneOf(FILE_KINDS),
  state: oneOf(FILE_STATES),
  after: after(),
})

export const projectsFilter = vine.create({
  q: words(200),
  status: oneOf(PROJECT_STATUSES),
  currency: currencyFilter(),
  least: figure(),
  most: figure(),
  from: day(),
  to: day(),
  has: oneOf(PROJECT_TROUBLES),
  user: uuid(),
  after: after(),
})
