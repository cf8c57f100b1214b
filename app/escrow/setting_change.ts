import { v5 as uuidv5 } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApprovalKind } from '#approvals/approval_kind'
import { recordAudit, type Act } from '#audit/record_audit'
import { notFound, unprocessable } from '#exceptions/problem'
import { Money } from '#ledger/money'
import {
  changeSetting,
  InvalidSetting,
  isSettingName,
  lockSetting,
  parseSetting,
  type SettingName,
  type SettingValue,
} from '#escrow/settings'
import { inUnits } from '#escrow/setting_words'

/** Settings have names and proposals are about ids: each name makes one, always the same. */
const NAMESPACE = '5b1f6c0e-8a55-4d0b-9d3e-3f0c6f1f9c57'

export interface SettingChange {
  name: SettingName
  from: unknown
  to: unknown
}

/** What proposals to change a setting are about. */
export function settingSubject(name: SettingName): string {
  return uuidv5(name, NAMESPACE)
}

/**
 * A change of a setting by which money is protected less. It is of one version: what was changed since is
 * not approved. Refused are 404; 422 for a value that is not acceptable, or is what it has.
 */
export const settingChange: ApprovalKind<SettingChange> = {
  name: 'setting_change',
  about: 'Change a setting',
  subjectType: 'setting',
  proposes: 'settings.change',
  approves: 'settings.approve',

  async lock(trx, subjectId, { name, to }) {
    if (!isSettingName(name) || settingSubject(name) !== subjectId) throw notFound('setting')
    const { value, version } = await lockSetting(trx, name)
    if (JSON.stringify(acceptable(name, to)) === JSON.stringify(value)) {
      throw unprocessable('value', 'another', `${name} is that already.`)
    }
    return { amount: Money.zero('USD'), payee: `setting:${name}`, version: BigInt(version) }
  },

  async carryOut(trx, { id, content, reason, proposedBy, decidedBy }) {
    const { name, to } = content as SettingChange
    await applySetting(trx, name, to as SettingValue<SettingName>, {
      act: { actor: { type: 'staff', id: decidedBy! }, reason },
      by: `staff:${proposedBy}`,
      approvalId: id,
    })
  },

  target: ({ name }) => ({ type: 'setting', id: name }),

  changes: ({ name, from, to }) => [
    { what: name, before: inUnits(name, from), after: inUnits(name, to) },
  ],
}

/**
 * Changes a setting and writes the audit log.
 *
 * @returns the new version
 */
export async function applySetting<Name extends SettingName>(
  trx: TransactionClientContract,
  name: Name,
  value: SettingValue<Name>,
  { act, by, approvalId }: { act: Act; by: string; approvalId?: string }
): Promise<number> {
  const before = await lockSetting(trx, name)
  const version = await changeSetting(trx, name, value, by, approvalId)
  await recordAudit(trx, {
    ...act,
    action: 'setting.changed',
    target: { type: 'setting', id: name },
    before: { version: before.version, value: before.value },
    after: { version, value, ...(approvalId && { approval_id: approvalId }) },
  })
  return version
}

/** @throws Problem 422 */
export function acceptable<Name extends SettingName>(
  name: Name,
  value: unknown
): SettingValue<Name> {
  try {
    return parseSetting(name, value)
  } catch (error) {
    if (error instanceof InvalidSetting) throw unprocessable('value', 'setting', error.message)
    throw error
  }
}
