import { BaseSchema } from '@adonisjs/lucid/schema'

const REASONS = ['requested', 'negotiation_over', 'refund_unanswered']

function escalatedReasons(reasons: string[]): string {
  return `ALTER TABLE disputes DROP CONSTRAINT disputes_escalated_reason_check;
    ALTER TABLE disputes ADD CONSTRAINT disputes_escalated_reason_check
      CHECK (escalated_reason IN (${reasons.map((reason) => `'${reason}'`).join(', ')}));`
}

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      ALTER TABLE disputes
        -- What was held (minor units) when an equal split was chosen: the half of that and of nothing else.
        ADD COLUMN splits_held bigint CHECK (splits_held > 0),
        -- Why it is withdrawn when nobody withdrew it: nothing was held any more.
        ADD COLUMN ended_because text CHECK (ended_because IN ('charged_back', 'refunded_elsewhere')),
        -- Staff read the whole, and nothing is added meanwhile.
        ADD COLUMN additions_closed_at timestamptz,
        ADD COLUMN additions_closed_by uuid REFERENCES staff (id);

      UPDATE disputes SET splits_held = to_freelancer + to_client WHERE settled_how = 'equal_split';
      -- Of what they were about, nothing is known.
      UPDATE disputes SET opener_splits_at = NULL, respondent_splits_at = NULL
       WHERE closed_at IS NULL AND (opener_splits_at IS NOT NULL OR respondent_splits_at IS NOT NULL);

      ALTER TABLE disputes
        ADD CONSTRAINT disputes_halved
          CHECK (settled_how IS DISTINCT FROM 'equal_split'
                 OR (to_freelancer + to_client = splits_held) IS TRUE),
        ADD CONSTRAINT disputes_ended_because
          CHECK (ended_because IS NULL OR status = 'withdrawn' AND withdrawn_by IS NULL),
        ADD CONSTRAINT disputes_additions_closed
          CHECK ((additions_closed_at IS NULL) = (additions_closed_by IS NULL));
      ${escalatedReasons([...REASONS, 'could_not_answer'])}
    `)
  }

  async down() {
    this.schema.raw(`
      UPDATE disputes SET escalated_reason = 'requested' WHERE escalated_reason = 'could_not_answer';
      ${escalatedReasons(REASONS)}
      ALTER TABLE disputes DROP CONSTRAINT disputes_halved, DROP CONSTRAINT disputes_ended_because,
        DROP CONSTRAINT disputes_additions_closed,
        DROP COLUMN splits_held, DROP COLUMN ended_because, DROP COLUMN additions_closed_at,
        DROP COLUMN additions_closed_by;
    `)
  }
}
