import { formatMinor, isKnownCurrency } from '#ledger/money'
import type { FoundBreak, Run, RunTotals } from '#payments/reconcile/read_runs'

/** A sentence for the person who looks into a break. */
export function describeBreak(found: FoundBreak): string {
  const { kind, subject, currency, details, amount, difference } = found
  const { provider, ledger } = details
  const theirs = provider?.net === undefined ? '' : inWords(provider.net, provider.currency)
  const ours = ledger?.net === undefined ? '' : inWords(ledger.net, ledger.currency)
  const row = provider && `${provider.type} ${provider.id}`
  switch (kind) {
    case 'missing_in_ledger':
      return `${subject}: the provider moved ${theirs} (${row}), and nothing is posted for it.`
    case 'missing_at_provider':
      return `${subject}: posted is ${ours} (${ledger?.reference}), and the provider does not list it.`
    case 'amount':
      return `${subject}: the provider moved ${theirs} (${row}), posted is ${ours} (${ledger?.reference}).`
    case 'currency':
      return `${subject}: the provider moved ${theirs} (${row}), posted is another currency: ${ours} (${ledger?.reference}).`
    case 'fee':
      return `${subject}: the provider took a fee of ${inWords(provider?.fee ?? 0, currency)} (${row}), posted is ${inWords(ledger?.fee ?? 0, currency)}.`
    case 'status':
      return details.transaction_status
        ? `${subject}: the provider moved ${theirs} (${row}), but our transaction is ${details.transaction_status}.`
        : `${subject}: posted is ${ours} (${ledger?.reference}), but the provider says that it failed.`
    case 'duplicate':
      return `${subject}: it can happen once, but the provider has it ${times(provider?.rows)} (${theirs}) and the ledger ${times(ledger?.entries)} (${ours}).`
    case 'aged_in_transit':
      return ledger
        ? `${subject}: ${inWords(amount, currency)} is on its way since ${ledger.at}.`
        : `${subject}: the provider still calls ${theirs} pending (${row}), available since ${provider?.available_at}.`
    case 'unknown_account':
      return provider
        ? `${subject}: the provider moved ${theirs} (${row}), which no account of ours is for.`
        : `${subject} holds ${inWords(amount, currency)} and belongs to no rail.`
    case 'foreign_currency':
      return `${subject}: the provider moved ${theirs} (${row}), a currency that we cannot count in.`
    case 'unexplained_remainder':
      return provider
        ? `${subject}: the balance moved by ${theirs} (${row}), which its amount and fee do not explain; ${inWords(difference, currency)} is left.`
        : `${inWords(difference, currency)} is left of the ${subject} that nothing explains.`
  }
}

/** One document for machines: amounts as decimals with their currency beside them. */
export function toJson(run: Run, breaks: FoundBreak[]) {
  return {
    ok: run.breaks === 0n,
    run: {
      id: run.id,
      rail: run.rail,
      from: run.period_from,
      to: run.period_to,
      as_of: run.as_of,
      status: run.status,
      started_at: run.started_at,
      finished_at: run.finished_at,
    },
    provider_rows: Number(run.provider_rows),
    ledger_entries: Number(run.ledger_entries),
    matched: Number(run.matched),
    totals: run.totals.map(totalsToJson),
    breaks_found: Number(run.breaks),
    new_breaks: Number(run.new_breaks),
    resolved_breaks: Number(run.resolved_breaks),
    kinds: run.kinds,
    breaks: breaks.map(breakToJson),
    breaks_left_out: Number(run.breaks) - breaks.length,
  }
}

export function breakToJson(found: FoundBreak) {
  const { id, rail, kind, subject, currency, difference, amount, details, acknowledgements } = found
  const foreign = foreignAmount(found)
  return {
    id,
    rail,
    kind,
    subject,
    currency,
    difference: foreign ?? decimal(difference, currency),
    amount: foreign?.replace('-', '') ?? decimal(amount, currency),
    message: describeBreak(found),
    provider: details.provider && sideToJson(details.provider),
    ledger: details.ledger && sideToJson(details.ledger),
    transaction_id: found.transaction_id,
    happened_at: found.happened_at,
    opened_at: found.opened_at,
    resolved_at: found.resolved_at,
    acknowledgements,
  }
}

/** What a provider says that it moved in a currency that we cannot count in; undefined of all else. */
export function foreignAmount({ kind, details }: FoundBreak): string | undefined {
  return kind === 'foreign_currency' ? details.provider?.net : undefined
}

function sideToJson<S extends NonNullable<FoundBreak['details']['provider' | 'ledger']>>(side: S) {
  const { amount, fee, net } = side
  const inDecimals = (minor?: string) => minor && decimal(minor, side.currency ?? '')
  return { ...side, amount: inDecimals(amount), fee: inDecimals(fee), net: inDecimals(net) }
}

function totalsToJson({ currency, ...sums }: RunTotals) {
  return {
    currency,
    ...Object.fromEntries(
      Object.entries(sums).map(([name, minor]) => [
        name,
        minor === null ? null : decimal(minor, currency),
      ])
    ),
  }
}

function times(count = 0): string {
  return count === 1 ? 'once' : `${count} times`
}

function inWords(minor: bigint | number | string, currency = ''): string {
  return `${decimal(minor, currency)} ${currency}`.trim()
}

/** Minor units of a currency that nobody knows stay as they are. */
function decimal(minor: bigint | number | string, currency: string): string {
  return isKnownCurrency(currency) ? formatMinor(BigInt(minor), currency) : String(minor)
}
