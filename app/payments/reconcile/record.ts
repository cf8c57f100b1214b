import type { Session } from '#payments/reconcile/session'

const IN_TRANSIT = `('payout_in_transit', 'refund_in_transit')`

/**
 * What a run's sums say, per currency. What moved is computed from the rows and the postings themselves and
 * not from the verdicts, so that a movement which the matching lost would show as a remainder.
 */
const TOTALS = `
  CREATE TEMP TABLE totals AS
    WITH provider_moved AS (
      SELECT currency, sum(net) AS amount FROM movements WHERE core AND status <> 'failed' GROUP BY 1
    ), ledger_moved AS (
      SELECT p.currency, sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END) AS amount
        FROM scope s
        JOIN journal_entries e ON e.event_at BETWEEN s.period_from AND s.period_to
        JOIN postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.account_id AND a.name = s.clearing
        GROUP BY 1
    ), explained AS (
      SELECT currency,
          sum(p_core_net - l_core_net) AS moved,
          sum(difference) FILTER (WHERE core AND broken) AS moved_breaks,
          sum(p_core_net - l_core_net) FILTER (WHERE verdict IN ('in_flight', 'unlisted')) AS moved_in_flight,
          sum(difference) FILTER (WHERE broken AND (p_rows > 0 OR core)) AS balance_breaks,
          sum(difference) FILTER (WHERE verdict = 'in_flight') AS balance_in_flight,
          sum(abs(l_net)) FILTER (WHERE verdict = 'unlisted') AS unlisted
        FROM verdicts CROSS JOIN LATERAL (
          SELECT verdict NOT IN ('matched', 'in_flight', 'unlisted') AS broken
        ) x
        GROUP BY 1
    ), too_near AS (
      SELECT m.currency, sum(abs(m.net)) AS amount
        FROM scope s JOIN movements m ON m.created_at > s.balance_edge AND m.status <> 'failed' GROUP BY 1
    ), just_sent AS (
      SELECT t.currency, sum(t.amount) AS amount
        FROM scope s
        JOIN transactions t ON t.rail = s.rail AND t.status = 'pending' AND t.sent_at > s.lag_edge
          AND t.transaction_type IN ('payout', 'refund')
        WHERE NOT EXISTS (SELECT FROM verdicts v WHERE v.transaction_id = t.id AND v.p_rows > 0)
        GROUP BY 1
    ), earlier AS (
      SELECT currency, sum(amount) AS amount FROM (
        SELECT b.currency, b.difference AS amount FROM scope s
          JOIN reconciliation_breaks b ON b.rail = s.rail AND b.resolved_at IS NULL AND b.scope = 'movement'
            AND b.subject <> 'movements'
          WHERE NOT EXISTS (
            SELECT FROM verdicts v WHERE v.key = b.subject AND (v.p_rows > 0 OR v.core))
        UNION ALL
        SELECT b.ledger_currency, b.ledger_difference FROM scope s
          JOIN reconciliation_breaks b ON b.rail = s.rail AND b.resolved_at IS NULL AND b.scope = 'movement'
          WHERE b.ledger_currency IS NOT NULL AND NOT EXISTS (
            SELECT FROM verdicts v WHERE v.key = b.subject AND (v.p_rows > 0 OR v.core))
      ) x GROUP BY 1
    ), at_provider AS (
      SELECT b.key AS currency, b.value::bigint AS amount FROM scope s CROSS JOIN jsonb_each_text(s.balances) b
    ), clearing AS (
      SELECT a.currency, sum(a.balance) AS amount FROM scope s JOIN ledger_accounts a ON a.name = s.clearing GROUP BY 1
    ), currencies AS (
      SELECT currency FROM provider_moved UNION SELECT currency FROM ledger_moved
      UNION SELECT currency FROM explained UNION SELECT currency FROM clearing
      UNION SELECT currency FROM at_provider WHERE amount <> 0
    )
    SELECT currency,
        coalesce(p.amount, 0)::bigint AS provider_moved,
        coalesce(l.amount, 0)::bigint AS ledger_moved,
        coalesce(e.moved_breaks, 0)::bigint AS moved_breaks,
        coalesce(e.moved_in_flight, 0)::bigint AS moved_in_flight,
        (coalesce(e.moved, 0) - coalesce(e.moved_breaks, 0) - coalesce(e.moved_in_flight, 0))::bigint AS moved_timing,
        (coalesce(p.amount, 0) - coalesce(l.amount, 0) - coalesce(e.moved, 0))::bigint AS moved_remainder,
        balance.at_provider::bigint AS provider_balance,
        balance.clearing::bigint AS clearing_balance,
        balance.breaks::bigint AS balance_breaks,
        balance.in_flight::bigint AS balance_in_flight,
        (balance.at_provider - balance.clearing - balance.breaks - balance.in_flight)::bigint AS balance_remainder,
        balance.uncertain::bigint AS balance_uncertain
      FROM currencies
      CROSS JOIN scope s
      LEFT JOIN provider_moved p USING (currency)
      LEFT JOIN ledger_moved l USING (currency)
      LEFT JOIN explained e USING (currency)
      LEFT JOIN LATERAL (
        SELECT coalesce((SELECT a.amount FROM at_provider a WHERE a.currency = currencies.currency), 0) AS at_provider,
            coalesce((SELECT c.amount FROM clearing c WHERE c.currency = currencies.currency), 0) AS clearing,
            coalesce(e.balance_breaks, 0)
              + coalesce((SELECT r.amount FROM earlier r WHERE r.currency = currencies.currency), 0) AS breaks,
            coalesce(e.balance_in_flight, 0) AS in_flight,
            coalesce(e.unlisted, 0)
              + coalesce((SELECT n.amount FROM too_near n WHERE n.currency = currencies.currency), 0)
              + coalesce((SELECT j.amount FROM just_sent j WHERE j.currency = currencies.currency), 0) AS uncertain
      ) balance ON s.balances IS NOT NULL`

const FOUND = `
  CREATE TEMP TABLE found AS
    SELECT b.*, b.kind || '|' || b.subject || '|' || b.currency || '|' || b.difference || '|' || b.amount
          || CASE b.kind WHEN 'foreign_currency' THEN '|' || (b.details -> 'provider')::text ELSE '' END AS fingerprint
      FROM (
        SELECT 'movement' AS scope, v.verdict AS kind, v.key AS subject, v.currency, v.difference,
            other.currency AS ledger_currency, -other.l_net AS ledger_difference,
            CASE
              WHEN v.verdict = 'status' AND v.difference = 0 THEN abs(v.l_net)
              WHEN v.verdict = 'duplicate' AND v.difference = 0 THEN abs(v.p_net) / v.p_rows
              ELSE abs(v.difference)
            END AS amount,
            jsonb_strip_nulls(jsonb_build_object(
              'provider', CASE WHEN v.id IS NOT NULL THEN jsonb_build_object(
                'id', v.id, 'last_id', nullif(v.last_id, v.id), 'type', v.type, 'rows', v.p_rows,
                'amount', v.p_principal::text, 'fee', v.p_fee::text, 'net', v.p_net::text, 'currency', v.currency,
                'at', v.p_first_at) END,
              'ledger', CASE WHEN coalesce(other.reference, v.reference) IS NOT NULL THEN jsonb_build_object(
                'reference', coalesce(other.reference, v.reference),
                'last_reference', nullif(v.last_reference, v.reference), 'entries', coalesce(other.l_entries, v.l_entries),
                'amount', coalesce(other.l_principal, v.l_principal)::text, 'fee', coalesce(other.l_fee, v.l_fee)::text,
                'net', coalesce(other.l_net, v.l_net)::text, 'currency', coalesce(other.currency, v.currency),
                'at', coalesce(other.l_first_at, v.l_first_at)) END,
              'transaction_status', v.status)) AS details,
            coalesce(v.transaction_id, other.transaction_id) AS transaction_id, v.happened_at
          FROM verdicts v
          LEFT JOIN verdicts other ON v.verdict = 'currency' AND other.verdict = 'counterpart' AND other.key = v.key
          WHERE v.core AND v.verdict NOT IN ('matched', 'in_flight', 'unlisted', 'counterpart')
        UNION ALL
        SELECT 'movement', 'foreign_currency', 'other:' || f.id, f.currency, 0, NULL, NULL, 0,
            jsonb_build_object('provider', jsonb_build_object('id', f.id, 'type', f.type, 'net', f.amount,
              'currency', f.currency, 'at', f.created_at)),
            NULL, f.created_at
          FROM scope s
          JOIN foreign_rows f ON f.created_at BETWEEN s.period_from AND s.period_to AND f.status <> 'failed'
        UNION ALL
        SELECT 'movement', 'aged_in_transit', m.key, m.currency, 0, NULL, NULL, abs(sum(m.net))::bigint,
            jsonb_build_object('provider', jsonb_build_object('id', min(m.id), 'type', min(m.type), 'rows', count(*),
              'net', sum(m.net)::text, 'currency', m.currency, 'at', min(m.created_at),
              'available_at', min(m.available_at))),
            NULL, min(m.created_at)
          FROM scope s JOIN movements m ON m.core AND m.status = 'pending' AND m.available_at < s.aged_edge
          WHERE EXISTS (SELECT FROM verdicts v WHERE v.key = m.key AND v.currency = m.currency AND v.verdict IN ('matched', 'in_flight'))
          GROUP BY m.key, m.currency
        UNION ALL
        SELECT 'standing', 'aged_in_transit', a.name, a.currency, 0, NULL, NULL, a.balance,
            jsonb_build_object('ledger', jsonb_build_object('account', a.name, 'amount', a.balance::text,
              'currency', a.currency, 'at', t.sent_at)),
            t.id, t.sent_at
          FROM scope s
          JOIN transactions t ON t.rail = s.rail AND t.status = 'pending' AND t.sent_at < s.aged_edge
            AND t.transaction_type IN ('payout', 'refund')
          JOIN ledger_accounts a ON a.name = t.transaction_type || '_in_transit:' || t.id AND a.kind IN ${IN_TRANSIT}
          WHERE a.balance <> 0
        UNION ALL
        SELECT 'standing', 'unknown_account', a.name, a.currency, 0, NULL, NULL, abs(sum(a.balance))::bigint,
            jsonb_build_object('ledger', jsonb_build_object('account', a.name, 'amount', sum(a.balance)::text,
              'currency', a.currency)),
            NULL, s.as_of
          FROM scope s
          JOIN ledger_accounts a ON a.kind = 'clearing' AND a.name NOT IN ('clearing:stripe', 'clearing:paypal')
          GROUP BY a.name, a.currency, s.as_of HAVING sum(a.balance) <> 0
        UNION ALL
        SELECT 'movement', 'unexplained_remainder', 'movements', t.currency, t.moved_remainder, NULL, NULL,
            abs(t.moved_remainder), jsonb_build_object('period_from', s.period_from, 'period_to', s.period_to),
            NULL, s.period_from
          FROM scope s JOIN totals t ON t.moved_remainder <> 0
        UNION ALL
        SELECT 'balance', 'unexplained_remainder', 'balance', t.currency, t.balance_remainder, NULL, NULL,
            abs(t.balance_remainder), jsonb_build_object('as_of', s.as_of), NULL, s.as_of
          FROM scope s JOIN totals t ON abs(t.balance_remainder) > t.balance_uncertain
      ) b`

const BREAKS = `
  INSERT INTO reconciliation_breaks (rail, scope, kind, fingerprint, subject, currency, difference, ledger_currency,
      ledger_difference, amount, details, transaction_id, happened_at, opened_by, last_seen_by)
    SELECT s.rail, f.scope, f.kind, f.fingerprint, f.subject, f.currency, f.difference, f.ledger_currency,
        f.ledger_difference, f.amount, f.details, f.transaction_id, f.happened_at, s.run_id, s.run_id
      FROM scope s CROSS JOIN found f
    ON CONFLICT (rail, fingerprint) WHERE resolved_at IS NULL DO UPDATE SET last_seen_by = excluded.last_seen_by`

const FINDINGS = `
  INSERT INTO reconciliation_findings (run_id, break_id)
    SELECT s.run_id, b.id FROM scope s
      JOIN reconciliation_breaks b ON b.rail = s.rail AND b.last_seen_by = s.run_id AND b.resolved_at IS NULL`

/** What this run looked at and no longer found. What only has become young again is not gone. */
const RESOLVED = `
  UPDATE reconciliation_breaks b SET resolved_at = now(), resolved_by = s.run_id
    FROM scope s
    WHERE b.rail = s.rail AND b.resolved_at IS NULL AND b.last_seen_by <> s.run_id
      AND CASE b.scope
        WHEN 'standing' THEN true
        WHEN 'balance' THEN s.balances IS NOT NULL
        ELSE b.happened_at BETWEEN s.period_from AND s.period_to
      END
      AND NOT EXISTS (
        SELECT FROM verdicts v WHERE v.key = b.subject AND v.verdict IN ('in_flight', 'unlisted'))`

const STORED_TOTALS = `
  INSERT INTO reconciliation_totals (run_id, currency, provider_moved, ledger_moved, moved_breaks, moved_in_flight,
      moved_timing, moved_remainder, provider_balance, clearing_balance, balance_breaks, balance_in_flight,
      balance_remainder, balance_uncertain)
    SELECT s.run_id, t.currency, t.provider_moved, t.ledger_moved, t.moved_breaks, t.moved_in_flight,
        t.moved_timing, t.moved_remainder, t.provider_balance, t.clearing_balance, t.balance_breaks,
        t.balance_in_flight, t.balance_remainder, t.balance_uncertain
      FROM scope s CROSS JOIN totals t`

const FINISHED = `
  UPDATE reconciliation_runs r SET status = 'finished', finished_at = clock_timestamp(),
      provider_rows = (SELECT count(*) FROM movements WHERE core)
        + (SELECT count(*) FROM foreign_rows f WHERE f.created_at BETWEEN s.period_from AND s.period_to),
      ledger_entries = (SELECT count(DISTINCT id) FROM lines WHERE core),
      matched = (SELECT count(*) FROM verdicts WHERE core AND verdict = 'matched'),
      breaks = (SELECT count(*) FROM reconciliation_findings f WHERE f.run_id = s.run_id),
      new_breaks = (SELECT count(*) FROM reconciliation_breaks b WHERE b.opened_by = s.run_id),
      resolved_breaks = (SELECT count(*) FROM reconciliation_breaks b WHERE b.resolved_by = s.run_id)
    FROM scope s WHERE r.id = s.run_id`

/** Adds up what `match` found, to the temporary table `totals`. */
export async function sums(session: Session): Promise<void> {
  await session.rawQuery('DROP TABLE IF EXISTS totals')
  await session.rawQuery(TOTALS)
}

/** Stores what `match` found, and ends the run: all of it or nothing, in the caller's transaction. */
export async function record(session: Session): Promise<void> {
  await sums(session)
  await session.rawQuery('DROP TABLE IF EXISTS found')
  for (const statement of [FOUND, BREAKS, FINDINGS, RESOLVED, STORED_TOTALS, FINISHED]) {
    await session.rawQuery(statement)
  }
}
