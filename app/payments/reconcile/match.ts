import type { Rail } from '#models/transaction'
import type { Period } from '#payments/provider'
import type { Session } from '#payments/reconcile/session'

/** What a run looks at, and what counts as now. */
export interface Scope {
  runId: string
  rail: Rail
  period: Period
  /** What the stage holds: the period and a margin around it. */
  staged: Period
  asOf: Date
  /** For so long our books may follow the provider. */
  graceMs: number
  /** For so long the provider's list may follow what happened. */
  lagMs: number
  inTransitDays: number
  /** Our balance at the provider as of then, minor units by currency; undefined if it says nothing about this period. */
  balances?: Record<string, bigint>
}

/**
 * How a movement's two sides are compared.
 *
 * Each side is brought to the same name, `<kind>:<what the provider calls its source>`. The provider's
 * rows carry it; the ledger's come by the transaction that an entry belongs to, or, for what a person
 * booked, by the part of the entry's reference after its colon, which may also name the provider's row.
 * So an entry `explained:txn_1` settles the difference about txn_1, whatever that was; one whose reference
 * begins with `explained:balance` is about no movement, but about what was left of the balance.
 *
 * All in sets, in temporary tables of the session: the size of a run is the database's business.
 */
const TABLES = ['scope', 'touched', 'known', 'movements', 'lines', 'verdicts']

/**
 * One row, joined wherever something depends on what the run looks at. Rows so near to now that the
 * balance may have been asked for before or after them count as uncertain.
 */
const SCOPE = `
  CREATE TEMP TABLE scope AS
    SELECT s.*, 'clearing:' || s.rail AS clearing,
        s.as_of - make_interval(secs => s.grace_ms / 1000.0) AS grace_edge,
        s.as_of - make_interval(secs => s.lag_ms / 1000.0) AS lag_edge,
        s.as_of - make_interval(days => s.in_transit_days) AS aged_edge,
        s.as_of - interval '5 seconds' AS balance_edge
      FROM jsonb_to_record(CAST(:scope AS jsonb)) AS s (run_id uuid, rail text, period_from timestamptz,
        period_to timestamptz, staged_from timestamptz, staged_to timestamptz, as_of timestamptz,
        grace_ms bigint, lag_ms bigint, in_transit_days integer, balances jsonb)`

/** Our transactions that either side is about: by an entry on clearing in this time, or by the provider's name. */
const TOUCHED = `
  CREATE TEMP TABLE touched AS
    SELECT coalesce(e.transaction_id, original.transaction_id, e.deposit_id) AS id
      FROM scope s
      JOIN journal_entries e ON e.event_at BETWEEN s.staged_from AND s.staged_to
      LEFT JOIN journal_entries original ON original.id = e.reverses
      WHERE EXISTS (
        SELECT FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
          WHERE p.entry_id = e.id AND a.name = s.clearing)
    UNION
    SELECT d.transaction_id FROM provider_rows r JOIN deposits d ON d.charge_id = r.source_id
      WHERE r.source_id <> ''
    UNION
    SELECT t.id FROM scope s CROSS JOIN provider_rows r
      JOIN transactions t ON t.rail = s.rail AND t.provider_transaction_id = r.source_id
        AND t.transaction_type = ANY ('{refund,payout,treasury,chargeback}')
      WHERE r.source_id <> ''
    UNION
    SELECT t.id FROM scope s CROSS JOIN provider_rows r
      JOIN transactions t ON t.rail = s.rail AND t.provider_source_id = r.source_id
      WHERE r.source_id <> ''
    UNION
    SELECT t.id FROM scope s CROSS JOIN provider_rows r
      JOIN transactions t ON t.rail = s.rail AND t.provider_transaction_id = r.id
        AND t.transaction_type = 'treasury'
    EXCEPT SELECT NULL`

/** What the provider calls the source of a transaction's movement. */
const SOURCE = `coalesce(nullif(t.provider_source_id, ''), t.provider_transaction_id)`

const KNOWN = `
  CREATE TEMP TABLE known AS
    SELECT DISTINCT ON (key) x.key, x.kind, x.source, t.id AS transaction_id, t.status, t.sent_at,
        t.status = 'pending' AND t.sent_at IS NOT NULL
          AND (t.transaction_type = 'refund' OR p.state = 'in_transit') AS in_transit
      FROM scope s
      JOIN touched ON true
      JOIN transactions t ON t.id = touched.id AND t.rail = s.rail
      LEFT JOIN deposits d ON d.transaction_id = t.id
      LEFT JOIN payouts p ON p.transaction_id = t.id
      CROSS JOIN LATERAL (
        SELECT kind || ':' || source AS key, kind, source
          FROM (VALUES
            ('deposit', 'deposit', d.charge_id),
            ('payout', 'payout', ${SOURCE}), ('payout', 'payout_returned', ${SOURCE}),
            ('refund', 'refund', ${SOURCE}), ('refund', 'refund_failed', ${SOURCE})
          ) AS named (type, kind, source)
          WHERE type = t.transaction_type AND source <> ''
      ) x
      ORDER BY key, t.id`

/**
 * The provider's rows, each once however often its pages showed it, the last word counting. The id alone
 * does not tell: PayPal uses one for several movements of a payment.
 */
const MOVEMENTS = `
  CREATE TEMP TABLE movements AS
    SELECT r.no, r.id, r.type, r.kind, r.source_id, r.currency, r.status, r.net, r.created_at, r.available_at,
        CASE r.kind WHEN 'fee' THEN 0 ELSE r.amount END AS principal,
        CASE r.kind WHEN 'fee' THEN -r.net ELSE r.fee END AS fee,
        r.created_at BETWEEN s.period_from AND s.period_to AS core,
        r.kind || ':' || CASE WHEN r.kind = 'other' OR r.source_id = '' THEN r.id ELSE r.source_id END AS key
      FROM scope s
      CROSS JOIN (
        SELECT DISTINCT ON (id, type, created_at) * FROM provider_rows ORDER BY id, type, created_at, no DESC
      ) r`

/** What the provider took for a movement in a row of its own counts with that movement. */
const FEES = `
  UPDATE movements m SET key = owner.key
    FROM (
      SELECT f.no, min(o.key) AS key
        FROM movements f
        JOIN (
          SELECT key, kind, source_id FROM movements UNION ALL SELECT key, kind, source FROM known
        ) o USING (source_id)
        WHERE f.kind = 'fee' AND f.source_id <> '' AND o.kind = ANY ('{deposit,payout,refund}')
        GROUP BY f.no
    ) owner
    WHERE m.no = owner.no`

/**
 * What our ledger posted to clearing for any of these, entry by entry, in the provider's words. A reversal
 * counts with what it reverses. What a person booked counts with the movement that its reference names.
 */
const LINES = `
  CREATE TEMP TABLE lines AS
    WITH candidates AS (
      SELECT e.id FROM touched JOIN journal_entries e ON e.transaction_id = touched.id
      UNION
      SELECT e.id FROM journal_entries e WHERE e.transaction_id IS NULL
    ), posted AS (
      SELECT c.id, p.currency,
          sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END)
            FILTER (WHERE a.name = s.clearing)::bigint AS net,
          coalesce(sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END)
            FILTER (WHERE a.kind = 'dispute_fee'), 0)::bigint AS dispute_fee
        FROM scope s
        CROSS JOIN candidates c
        JOIN postings p ON p.entry_id = c.id
        JOIN ledger_accounts a ON a.id = p.account_id AND (a.name = s.clearing OR a.kind = 'dispute_fee')
        GROUP BY c.id, p.currency
        HAVING bool_or(a.name = s.clearing)
    )
    SELECT e.id, e.reference, e.event_at, named.kind, named.source, t.id AS transaction_id,
        posted.currency, posted.net,
        e.reverses IS NOT NULL OR EXISTS (SELECT FROM journal_entries r WHERE r.reverses = e.id) AS cancelled,
        e.event_at BETWEEN s.period_from AND s.period_to AS core,
        CASE WHEN about.kind = 'provider_fee' THEN 0 ELSE posted.net + posted.dispute_fee END AS principal,
        CASE WHEN about.kind = 'provider_fee' THEN -posted.net ELSE posted.dispute_fee END AS fee,
        named.kind = 'booked' AS by_hand,
        CASE WHEN named.source = '' THEN 'entry:' || e.reference ELSE named.kind || ':' || named.source END AS key
      FROM scope s
      JOIN posted ON true
      JOIN journal_entries e ON e.id = posted.id
      LEFT JOIN journal_entries original ON original.id = e.reverses
      LEFT JOIN transactions t ON t.id = coalesce(e.transaction_id, original.transaction_id)
      LEFT JOIN deposits d
        ON d.transaction_id = coalesce(e.transaction_id, original.transaction_id, e.deposit_id, original.deposit_id)
      CROSS JOIN LATERAL (
        SELECT coalesce(original.kind, e.kind) AS kind, coalesce(original.reference, e.reference) AS reference
      ) about
      CROSS JOIN LATERAL (
        -- dispute_movement:<ours>:<theirs>, correction:<approval>:<theirs>, explained:<theirs>
        SELECT regexp_replace(about.reference, '^((dispute_movement|correction):[^:]*|[^:]*):', '') AS suffix,
            -- Of an attempt that is over: provider_fee:<ours>:<attempt>:<theirs>
            coalesce(
              CASE about.kind WHEN 'provider_fee' THEN nullif(split_part(about.reference, ':', 4), '') END,
              ${SOURCE}, '') AS source,
            coalesce(d.charge_id, '') AS charge
      ) name
      CROSS JOIN LATERAL (
        SELECT CASE
            WHEN about.kind IN ('deposit_captured', 'unapplied_received') THEN 'deposit'
            WHEN about.kind = 'suspense_booked' AND starts_with(about.reference, 'frozen:') THEN 'deposit'
            WHEN about.kind = 'suspense_booked' AND starts_with(about.reference, 'explained:balance') THEN 'balance'
            WHEN about.kind = 'correction' AND starts_with(name.suffix, 'balance') THEN 'balance'
            WHEN about.kind = 'provider_fee' THEN coalesce(t.transaction_type, 'booked')
            WHEN about.kind = 'refund_succeeded' THEN 'refund'
            WHEN about.kind = 'payout_confirmed' THEN 'payout'
            WHEN about.kind IN ('refund_failed', 'payout_returned', 'top_up', 'withdrawal') THEN about.kind
            WHEN about.kind = 'chargeback_withdrawn' THEN 'dispute_withdrawn'
            WHEN about.kind = 'chargeback_won' THEN 'dispute_reinstated'
            WHEN about.kind IN ('dispute_fee_taken', 'dispute_fee_returned') THEN 'fee'
            ELSE 'booked'
          END AS kind
      ) as_ours
      CROSS JOIN LATERAL (
        SELECT as_ours.kind, CASE
            WHEN as_ours.kind = 'deposit' THEN name.charge
            WHEN as_ours.kind IN ('booked', 'balance', 'fee', 'dispute_withdrawn', 'dispute_reinstated') THEN name.suffix
            ELSE name.source
          END AS source
      ) named`

/** Gives what names the provider's row, or a movement of another kind, the key of that. */
const BY_HAND = `
  UPDATE lines l SET key = named.key
    FROM (
      SELECT DISTINCT ON (l.id, l.currency) l.id, l.currency, m.key
        FROM lines l
        JOIN (
          SELECT id AS name, 1 AS rank, key, no FROM movements
          UNION ALL SELECT source_id, 2, key, no FROM movements WHERE source_id <> ''
        ) m ON m.name = l.source
        WHERE l.kind IN ('booked', 'top_up', 'withdrawal', 'fee', 'dispute_withdrawn', 'dispute_reinstated')
          AND NOT EXISTS (SELECT FROM movements same WHERE same.key = l.key)
        ORDER BY l.id, l.currency, m.rank, m.no
    ) named
    WHERE l.id = named.id AND l.currency = named.currency`

/** Of these, one source can have one only. Money comes back in parts, and fees in any number. */
const SINGLE = `ARRAY['deposit', 'refund', 'refund_failed', 'payout', 'dispute_withdrawn', 'dispute_reinstated',
  'top_up', 'withdrawal']`

/**
 * What was posted before anything on the stage has its counterpart there, too, and is left out: an
 * earlier part of what comes in parts, the payment that a later fee is for. What is reversed stays, or its
 * reversal would stand alone.
 */
const OLDER = `
  DELETE FROM lines l USING scope s
    WHERE l.event_at < s.staged_from AND NOT l.by_hand AND NOT l.cancelled
      AND NOT (split_part(l.key, ':', 1) = ANY (${SINGLE})
        AND EXISTS (SELECT FROM movements m WHERE m.key = l.key AND m.kind <> 'fee'))`

/**
 * Both sides of every movement, and what is to be said of it.
 *
 * matched: nothing. in_flight: one side is ahead, and the other still has time. unlisted: the ledger is
 * ahead, and what the balance says of it is open. counterpart: the ledger's side of a `currency` break.
 */
const VERDICTS = `
  CREATE TEMP TABLE verdicts AS
    WITH at_provider AS (
      SELECT key, currency, min(type) AS type, min(id) AS id, max(id) AS last_id,
          min(source_id) AS source, bool_or(core) AS core,
          abs(sum(sign(principal)) FILTER (WHERE status <> 'failed')) AS rows,
          count(*) FILTER (WHERE status <> 'failed') AS all_rows,
          count(*) FILTER (WHERE status = 'failed') AS failed,
          bool_and(status = 'pending') AS pending,
          coalesce(sum(principal) FILTER (WHERE status <> 'failed'), 0)::bigint AS principal,
          coalesce(sum(fee) FILTER (WHERE status <> 'failed'), 0)::bigint AS fee,
          coalesce(sum(net) FILTER (WHERE status <> 'failed'), 0)::bigint AS net,
          coalesce(sum(net) FILTER (WHERE status <> 'failed' AND core), 0)::bigint AS core_net,
          min(created_at) FILTER (WHERE core) AS core_at, min(created_at) AS first_at,
          max(created_at) AS last_at
        FROM movements GROUP BY key, currency
    ), in_ledger AS (
      SELECT key, currency, min(reference) AS reference, max(reference) AS last_reference,
          min(transaction_id::text)::uuid AS transaction_id, bool_or(core) AS core,
          abs(sum(CASE WHEN by_hand THEN 0 ELSE sign(principal) END))::bigint AS entries,
          bool_or(by_hand) AS by_hand,
          coalesce(sum(principal) FILTER (WHERE NOT by_hand), 0)::bigint AS principal,
          coalesce(sum(fee) FILTER (WHERE NOT by_hand), 0)::bigint AS fee,
          sum(net)::bigint AS net,
          coalesce(sum(net) FILTER (WHERE core), 0)::bigint AS core_net,
          min(event_at) FILTER (WHERE core) AS core_at, min(event_at) AS first_at,
          max(event_at) AS last_at
        FROM lines GROUP BY key, currency
    ), mixed AS (
      SELECT key FROM (
        SELECT key, currency FROM at_provider WHERE all_rows > 0 UNION SELECT key, currency FROM in_ledger WHERE net <> 0
      ) x GROUP BY key HAVING count(*) > 1
    )
    SELECT key, currency, has.kind, p.type, p.id, p.last_id, p.last_at AS p_last_at,
        coalesce(p.all_rows, 0) AS p_rows,
        coalesce(p.principal, 0) AS p_principal, coalesce(p.fee, 0) AS p_fee, coalesce(p.net, 0) AS p_net,
        coalesce(p.core_net, 0) AS p_core_net, p.first_at AS p_first_at,
        l.reference, l.last_reference, coalesce(l.entries, 0) AS l_entries,
        coalesce(l.principal, 0) AS l_principal, coalesce(l.fee, 0) AS l_fee, coalesce(l.net, 0) AS l_net,
        coalesce(l.core_net, 0) AS l_core_net, l.first_at AS l_first_at, l.last_at AS l_last_at,
        coalesce(l.transaction_id, k.transaction_id) AS transaction_id,
        k.status, k.sent_at,
        coalesce(p.core, false) OR coalesce(l.core, false) AS core,
        coalesce(p.core_at, l.core_at, p.first_at, l.first_at) AS happened_at,
        coalesce(p.net, 0) - coalesce(l.net, 0) AS difference,
        CASE
          WHEN NOT has.p AND NOT has.l OR has.kind = 'balance' THEN 'matched'
          WHEN l.by_hand AND has.p AND p.net = l.net THEN 'matched'
          WHEN mixed.key IS NOT NULL AND has.p AND NOT has.l THEN 'currency'
          WHEN mixed.key IS NOT NULL AND has.l AND NOT has.p THEN 'counterpart'
          WHEN NOT has.p THEN CASE
            WHEN p.failed > 0 THEN 'status'
            WHEN l.last_at > s.lag_edge THEN 'unlisted'
            ELSE 'missing_at_provider'
          END
          WHEN NOT has.l THEN CASE
            WHEN k.in_transit OR p.last_at > s.grace_edge THEN 'in_flight'
            WHEN k.status = 'pending' AND p.pending THEN 'in_flight'
            WHEN k.status <> 'completed' THEN 'status'
            WHEN has.kind IN ('other', 'fee') OR p.source = '' OR clearing.currency IS NULL THEN 'unknown_account'
            ELSE 'missing_in_ledger'
          END
          WHEN p.principal = l.principal AND p.fee = l.fee AND p.net = l.net THEN
            CASE WHEN has.kind = ANY (${SINGLE}) AND p.rows > 1 THEN 'duplicate' ELSE 'matched' END
          WHEN p.last_at > s.grace_edge OR l.last_at > s.lag_edge THEN 'in_flight'
          WHEN has.kind = ANY (${SINGLE}) AND p.rows <> l.entries AND greatest(p.rows, l.entries) > 1 THEN 'duplicate'
          WHEN p.principal <> l.principal THEN 'amount'
          WHEN p.fee <> l.fee THEN 'fee'
          ELSE 'unexplained_remainder'
        END AS verdict
      FROM at_provider p
      FULL JOIN in_ledger l USING (key, currency)
      CROSS JOIN scope s
      CROSS JOIN LATERAL (
        SELECT split_part(key, ':', 1) AS kind, coalesce(p.all_rows, 0) > 0 AS p,
            coalesce((l.net, l.principal, l.fee) <> (0::bigint, 0::bigint, 0::bigint), false) AS l
      ) has
      LEFT JOIN mixed USING (key)
      LEFT JOIN known k USING (key)
      LEFT JOIN (
        SELECT DISTINCT a.currency FROM ledger_accounts a JOIN scope s ON a.name = s.clearing
      ) clearing USING (currency)`

/**
 * What the provider sent and got back is nothing to post: such as a payout that came back before we were
 * told that it had arrived. What it took for it stays taken.
 */
const CAME_AND_WENT = `
  UPDATE verdicts v
    SET difference = v.l_fee - v.p_fee, verdict = CASE v.p_fee WHEN v.l_fee THEN 'matched' ELSE 'fee' END
    FROM (
      SELECT there.key AS there, back.key AS back, back.currency
        FROM verdicts back
        JOIN verdicts there ON there.currency = back.currency
          AND there.key = CASE back.kind WHEN 'payout_returned' THEN 'payout' ELSE 'refund' END
            || substr(back.key, strpos(back.key, ':'))
        WHERE back.kind IN ('payout_returned', 'refund_failed')
          AND back.l_net = -back.l_fee AND there.l_net = -there.l_fee
          AND back.l_entries = 0 AND there.l_entries = 0
          AND back.p_principal + there.p_principal = 0
    ) pair
    WHERE v.key IN (pair.there, pair.back) AND v.currency = pair.currency`

/**
 * From when on the stage must reach to be sure of a break within the period: an entry's counterpart may
 * be as old as the sending (of what was booked late; by hand nobody knows how late), and what came back
 * may have gone a month before, which is how long PayPal keeps a payout for who does not claim it.
 */
const EARLIER = `
  SELECT min(earliest) AS earliest
    FROM scope s CROSS JOIN LATERAL (
      SELECT greatest(s.period_from - interval '62 days', CASE
          WHEN v.verdict = 'missing_at_provider' THEN coalesce(v.sent_at, v.l_first_at - interval '31 days')
          ELSE v.p_first_at - interval '45 days'
        END) AS earliest
        FROM verdicts v
        WHERE v.core AND (v.verdict = 'missing_at_provider'
          OR v.verdict IN ('missing_in_ledger', 'status') AND v.kind IN ('payout_returned', 'refund_failed'))
    ) x
    WHERE x.earliest < s.staged_from`

/**
 * Compares what is on the stage with the ledger, movement by movement. Leaves `verdicts`, `movements`,
 * `lines` and `scope` for what follows in the same database transaction.
 *
 * @returns from when on the provider has to be asked, if an entry's counterpart may lie before what
 *   is staged: what was booked late is no break for that
 */
export async function match(session: Session, scope: Scope): Promise<Date | undefined> {
  // Sorts and joins of a million rows; nobody else waits for this connection.
  await session.rawQuery(`SET LOCAL work_mem = '64MB'`)
  for (const table of TABLES) await session.rawQuery(`DROP TABLE IF EXISTS ${table}`)
  await session.rawQuery('ANALYZE provider_rows')
  await session.rawQuery(SCOPE, { scope: JSON.stringify(toRow(scope)) })
  for (const [statement, table] of [
    [TOUCHED, 'touched'],
    [KNOWN, 'known'],
    [MOVEMENTS, 'movements'],
    [FEES, 'movements'],
    [LINES, 'lines'],
    [BY_HAND, 'lines'],
    [OLDER, 'lines'],
    [VERDICTS, 'verdicts'],
    [CAME_AND_WENT, 'verdicts'],
  ]) {
    await session.rawQuery(statement)
    await session.rawQuery(`ANALYZE ${table}`)
  }
  const { rows } = await session.rawQuery<{ earliest: Date | null }>(EARLIER)
  return rows[0].earliest ?? undefined
}

function toRow(scope: Scope) {
  return {
    run_id: scope.runId,
    rail: scope.rail,
    period_from: scope.period.from,
    period_to: scope.period.to,
    staged_from: scope.staged.from,
    staged_to: scope.staged.to,
    as_of: scope.asOf,
    grace_ms: scope.graceMs,
    lag_ms: scope.lagMs,
    in_transit_days: scope.inTransitDays,
    balances:
      scope.balances &&
      Object.fromEntries(
        Object.entries(scope.balances).map(([currency, minor]) => [currency, minor.toString()])
      ),
  }
}
