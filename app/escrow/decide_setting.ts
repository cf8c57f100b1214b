import type { Act } from '#audit/record_audit'
import { proposeWithin } from '#approvals/propose'
import { inTransaction } from '#database/transaction'
import { unprocessable, wrongState } from '#exceptions/problem'
import type Approval from '#models/approval'
import { applySetting, settingChange, settingSubject } from '#escrow/setting_change'
import { weakens } from '#escrow/setting_protection'
import { InvalidSetting, lockSetting, type SettingName } from '#escrow/settings'
import { readTyped } from '#escrow/setting_words'

export interface DecidedSetting {
  /** What it was and what it is to be, as stored. */
  from: unknown
  to: unknown
  /** The new version; missing while it waits for a second person. */
  version?: number
  approval?: Approval
}

/**
 * Changes a setting and writes the audit log. By what makes money less protected it is only proposed, and
 * somebody else has to approve it.
 *
 * @param typed the value as `readTyped` takes it
 * @param input.by who decided, for people: `staff:<id>`, `operator`
 * @param input.proposer id of the member of the staff who proposes it, if it takes two
 * @param input.via where they propose it; at the console if left out
 * @param input.seen the version that they looked at, 0 for the default; not compared if left out
 * @throws Problem 422 for a value that is not acceptable, and `by` if it takes two people and there is no
 *   proposer; 409 `wrong_state` if it was changed meanwhile, `already_proposed`
 */
export async function decideSetting(
  name: SettingName,
  typed: string,
  input: { act: Act; by: string; proposer?: string; via?: Approval['via']; seen?: number }
): Promise<DecidedSetting> {
  const to = read(name, typed)
  return inTransaction(async (trx) => {
    const { value: from, version } = await lockSetting(trx, name)
    if (input.seen !== undefined && input.seen !== version) {
      throw wrongState(
        `Somebody has changed ${name} since you opened it. Look at what it is now, then decide again.`,
        `version ${version}`
      )
    }
    if (!weakens(name, from, to)) {
      return { from, to, version: await applySetting(trx, name, to, input) }
    }
    if (!input.proposer) {
      throw unprocessable(
        'by',
        'staff',
        `This makes ${name} protect money less, so it takes two people: it is proposed in the name of an admin of the staff, and approved at the console.`
      )
    }
    const proposal = {
      subjectId: settingSubject(name),
      content: { name, from, to },
      by: input.proposer,
      reason: input.act.reason ?? '',
      via: input.via,
    }
    return { from, to, approval: await proposeWithin(trx, settingChange, proposal, undefined) }
  })
}

function read(name: SettingName, typed: string) {
  try {
    return readTyped(name, typed)
  } catch (error) {
    if (error instanceof InvalidSetting) throw unprocessable('value', 'setting', error.message)
    throw error
  }
}
