import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Somebody says that they have paid this refund from our bank, and waits for a second person: until that is
      -- decided its rail does not pay it as well.
      CREATE FUNCTION guard_owed_refund() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM approvals a WHERE a.kind = 'refund_paid_by_hand' AND a.status = 'proposed'
             AND a.subject_id = coalesce(NEW.continues_id, NEW.id)) THEN
          RAISE EXCEPTION 'this refund is said to be paid another way' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER transactions_retry_owed BEFORE UPDATE OF status ON transactions FOR EACH ROW
        WHEN (NEW.transaction_type = 'refund' AND OLD.status = 'failed' AND NEW.status = 'pending')
        EXECUTE FUNCTION guard_owed_refund();
      CREATE TRIGGER transactions_continue_owed BEFORE INSERT ON transactions FOR EACH ROW
        WHEN (NEW.transaction_type = 'refund' AND NEW.continues_id IS NOT NULL)
        EXECUTE FUNCTION guard_owed_refund();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TRIGGER transactions_retry_owed ON transactions;
      DROP TRIGGER transactions_continue_owed ON transactions;
      DROP FUNCTION guard_owed_refund();
    `)
  }
}
