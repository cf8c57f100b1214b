import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { describeSetting, settingNames, settings, type SettingName } from '#escrow/settings'

export interface SettingRow {
  name: SettingName
  about: string
  value: string
  isDefault: boolean
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
    value: inWords(current[name]),
    isDefault: !versions.has(name),
    version: versions.get(name) ?? 0,
  }))
}

interface Version {
  version: number
  value: unknown
  changed_by: string
  changed_by_name: string | null
  created_at: Date
}

/** What a setting was, newest first, and who changed it. One query. */
export async function readVersions(
  client: QueryClientContract,
  name: SettingName
): Promise<(Omit<Version, 'value'> & { value: string })[]> {
  const { rows } = await client.rawQuery<{ rows: Version[] }>(
    `SELECT s.version, s.value, s.changed_by, s.created_at, staff.name AS changed_by_name
       FROM settings s LEFT JOIN staff ON 'staff:' || staff.id = s.changed_by
      WHERE s.name = ? ORDER BY s.version DESC LIMIT 50`,
    [name]
  )
  return rows.map((row) => ({ ...row, value: inWords(row.value) }))
}

/** As it is typed in: a string bare, everything else as JSON. */
export function inWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What was typed, as `parseSetting` takes it. Text that is no JSON is refused there, with what is wanted. */
export function fromWords(name: SettingName, text: string): unknown {
  if (typeof describeSetting(name).default === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
