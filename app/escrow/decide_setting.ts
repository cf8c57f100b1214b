import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit, type Act } from '#audit/record_audit'
import { changeSetting, setting, type SettingName, type SettingValue } from '#escrow/settings'
import { wrongState } from '#exceptions/problem'

/**
 * Changes a setting by somebody who has looked at one version of it, and writes the audit log.
 *
 * @param seen the version that they looked at; 0 for the default
 * @returns the new version
 * @throws InvalidSetting; Problem 409 `wrong_state` if it was changed meanwhile
 */
export async function decideSetting<Name extends SettingName>(
  trx: TransactionClientContract,
  name: Name,
  value: SettingValue<Name>,
  { act, by, seen }: { act: Act; by: string; seen: number }
): Promise<number> {
  const before = await setting(trx, name)
  const version = await changeSetting(trx, name, value, by)
  if (version !== seen + 1) {
    throw wrongState(
      `Somebody has changed ${name} since you opened it. Look at what it is now, then decide again.`,
      `version ${version - 1}`
    )
  }
  await recordAudit(trx, {
    ...act,
    action: 'setting.changed',
    target: { type: 'setting', id: name },
    before: { version: seen, value: before },
    after: { version, value: await setting(trx, name) },
  })
  return version
}
