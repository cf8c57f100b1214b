import Table from 'cli-table3'
import { isMet, isWithin, type Figure, type Ratio } from './ratio.js'

/** What was measured, for people. */
export function printTables(
  { ratios, figures }: { ratios: Ratio[]; figures: Figure[] },
  leeway: number
): void {
  const verdict = (good: boolean, goodEnough: boolean) =>
    good ? 'met' : goodEnough ? 'near' : 'MISSED'
  const style = { head: [], border: [], compact: true }
  const table = new Table({
    head: ['', 'measured', 'per second', 'against', 'per second', 'ratio', 'wanted', ''],
    style,
  })
  for (const each of ratios) {
    table.push([
      each.name,
      each.subject,
      each.subjectPerSecond.toFixed(each.subjectPerSecond < 10 ? 1 : 0),
      each.reference,
      each.referencePerSecond.toFixed(each.referencePerSecond < 10 ? 1 : 0),
      each.ratio.toFixed(2),
      `${each.atMost ? '≤' : '≥'} ${each.required}`,
      verdict(isMet(each), isMet(each, leeway)),
    ])
  }
  if (ratios.length > 0) console.log(table.toString())

  const list = new Table({ head: ['', 'value', '', 'wanted', ''], style })
  for (const each of figures) {
    const { name, value, unit, atMost } = each
    list.push([
      name,
      value.toFixed(value < 100 ? 1 : 0),
      unit,
      atMost === undefined ? '' : `≤ ${atMost}`,
      atMost === undefined ? '' : verdict(isWithin(each), isWithin(each, leeway)),
    ])
  }
  if (figures.length > 0) console.log(list.toString())
}
