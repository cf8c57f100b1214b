import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { weakerWhen } from '#escrow/setting_protection'
import { asTyped, inUnits } from '#escrow/setting_words'
import { describeSetting, settingNames, settings, type SettingName } from '#escrow/settings'

export interface SettingRow {
  name: SettingName
  about: string
  value: string
  isDefault: boolean
  takesTwo: boolean
  version: number
}

/** Every setting as it is now, with the version that made it so; 0 for a default. Two queries. */
export async function readSettings(client: QueryClientContract): Promise<SettingRow[]> {
  const current = await settings(client)
  const { rows } = await client.rawQuery<{ rows: { name: string; version: number }[] }>(
    'SELECT name, max(version) AS version FROM settings GROUP BY name'
  )
  const versions = new Map(rows.map(({ name, version }) => [name, version]))
  return settingNames().map((name) => ({
    name,
    about: describeSetting(name).about,
    value: inUnits(name, current[name]),
    isDefault: !versions.has(name),
    takesTwo: weakerWhen(name) !== undefined,
    version: versions.get(name) ?? 0,
  }))
}

interface Version {
  version: number
  value: unknown
  /** What it was before; undefined for the first. */
  before: unknown
  by: string
  reason: string | null
  approval_id: string | null
  approver: string | null
  created_at: Date
}

/**
 * What a setting is and was, newest first, who changed it and why, and what waits for a second person. Two
 * queries.
 */
export async function readSetting(client: QueryClientContract, name: SettingName) {
  const { about, default: byDefault, wants } = describeSetting(name)
  const versions = await readVersions(client, name)
  const value = versions.length > 0 ? versions[0].value : byDefault
  const waiting = await client
    .from('approvals')
    .where({ kind: 'setting_change', status: 'proposed' })
    .whereRaw(`content ->> 'name' = ?`, [name])
    .select('id', client.raw(`content -> 'to' AS "to"`))
    .first()
  return {
    name,
    about,
    wants,
    weaker: weakerWhen(name),
    version: versions[0]?.version ?? 0,
    value: inUnits(name, value),
    typed: asTyped(value),
    defaultValue: inUnits(name, byDefault),
    waiting: waiting && { id: waiting.id, value: inUnits(name, waiting.to) },
    versions: versions.map((row) => ({
      ...row,
      before: inUnits(name, row.before ?? byDefault),
      value: inUnits(name, row.value),
    })),
  }
}

async function readVersions(client: QueryClientContract, name: SettingName): Promise<Version[]> {
  const { rows } = await client.rawQuery<{ rows: Version[] }>(
    `SELECT s.version, s.value, lag(s.value) OVER (ORDER BY s.version) AS before, s.approval_id,
            s.created_at, coalesce(staff.name, nullif(w.operator, ''), s.changed_by) AS by,
            nullif(w.reason, '') AS reason, approver.name AS approver
       FROM settings s
       LEFT JOIN staff ON 'staff:' || staff.id = s.changed_by
       LEFT JOIN approvals a ON a.id = s.approval_id
       LEFT JOIN staff approver ON approver.id = a.decided_by
       LEFT JOIN audit_log l ON l.target_type = 'setting' AND l.target_id = s.name
        AND l.action = 'setting.changed' AND l.after ->> 'version' = s.version::text
       LEFT JOIN audit_words w ON w.audit_id = l.id
      WHERE s.name = ? ORDER BY s.version DESC LIMIT 50`,
    [name]
  )
  return rows
}
