import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      CREATE TABLE projects (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        client_id uuid NOT NULL REFERENCES users (id),
        freelancer_id uuid REFERENCES users (id),
        title text NOT NULL,
        description text NOT NULL,
        -- minor units of currency; ten decimal digits as in the plan
        total_amount bigint NOT NULL CHECK (total_amount > 0 AND total_amount <= 9999999999),
        currency char(3) NOT NULL DEFAULT 'USD',
        status text NOT NULL DEFAULT 'draft'
          CHECK (status IN ('draft', 'active', 'completed', 'cancelled', 'disputed')),
        deadline timestamptz NOT NULL,
        -- Both are snapshots taken on acceptance: later changes of the settings do not touch a running deal.
        platform_fee_bps integer CHECK (platform_fee_bps BETWEEN 0 AND 10000),
        inspection_days integer CHECK (inspection_days BETWEEN 1 AND 30),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CHECK (client_id <> freelancer_id),
        CHECK (status NOT IN ('active', 'completed', 'disputed')
          OR (freelancer_id IS NOT NULL AND platform_fee_bps IS NOT NULL AND inspection_days IS NOT NULL))
      );
      CREATE INDEX projects_client ON projects (client_id, id DESC);
      CREATE INDEX projects_freelancer ON projects (freelancer_id, id DESC);

      CREATE TABLE invitations (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        email text NOT NULL CHECK (email = lower(email)),
        token_hash text NOT NULL UNIQUE,
        invited_by uuid NOT NULL REFERENCES users (id),
        status text NOT NULL DEFAULT 'pending'
          CHECK (status IN ('pending', 'accepted', 'declined', 'revoked')),
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        responded_by uuid REFERENCES users (id),
        responded_at timestamptz
      );
      -- One freelancer is asked at a time.
      CREATE UNIQUE INDEX invitations_one_pending ON invitations (project_id) WHERE status = 'pending';
      CREATE INDEX invitations_email ON invitations (email, id DESC);
      CREATE INDEX invitations_invited_by ON invitations (invited_by, id DESC);

      CREATE TABLE milestones (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        title text NOT NULL,
        description text NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0 AND amount <= 9999999999),
        currency char(3) NOT NULL,
        due_date timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'pending'
          CHECK (status IN ('pending', 'submitted', 'approved', 'rejected')),
        -- Set in the transaction that posts the deposit; a milestone is funded by exactly one deposit.
        funded_at timestamptz,
        -- The inspection clock: set by a submission, cleared by whatever stops it.
        auto_approve_at timestamptz,
        -- What was left of the clock when a refund request stopped it; a declined request gives it back,
        -- so that asking again and again cannot put off the approval for ever.
        inspection_left interval,
        -- Days-before marks (7, 3, 1) of the reminders sent for the running clock.
        reminders_sent jsonb NOT NULL DEFAULT '[]',
        closed_at timestamptz,
        closed_reason text CHECK (closed_reason IN ('released', 'refunded', 'settled', 'charged_back', 'removed')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((closed_at IS NULL) = (closed_reason IS NULL))
      );
      CREATE INDEX milestones_project ON milestones (project_id, id);
      CREATE INDEX milestones_auto_approve ON milestones (auto_approve_at)
        WHERE auto_approve_at IS NOT NULL AND closed_at IS NULL;

      CREATE TABLE submissions (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        milestone_id uuid NOT NULL REFERENCES milestones (id) ON DELETE CASCADE,
        submitted_by uuid NOT NULL REFERENCES users (id),
        note text NOT NULL,
        links jsonb NOT NULL DEFAULT '[]',
        deliverables jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now(),
        review text CHECK (review IN ('approved', 'rejected')),
        review_reason text,
        -- Empty when the inspection period ran out and the system approved.
        reviewed_by uuid REFERENCES users (id),
        reviewed_at timestamptz
      );
      CREATE INDEX submissions_milestone ON submissions (milestone_id, id);

      -- What changes the deal after acceptance: offered by one side, taken or turned down by the other.
      CREATE TABLE proposals (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        milestone_id uuid REFERENCES milestones (id) ON DELETE CASCADE,
        proposed_by uuid NOT NULL REFERENCES users (id),
        kind text NOT NULL CHECK (kind IN ('change_project', 'add_milestone', 'change_milestone', 'remove_milestone')),
        changes jsonb NOT NULL,
        status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'declined')),
        created_at timestamptz NOT NULL DEFAULT now(),
        decided_by uuid REFERENCES users (id),
        decided_at timestamptz,
        CHECK (decided_by <> proposed_by)
      );
      CREATE INDEX proposals_project ON proposals (project_id, id);

      CREATE TABLE messages (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        sender_id uuid NOT NULL REFERENCES users (id),
        body text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX messages_project ON messages (project_id, id);

      -- A held milestone in dispute is frozen. Issue and decision live with the disputes' own operations.
      CREATE TABLE disputes (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        milestone_id uuid NOT NULL REFERENCES milestones (id) ON DELETE CASCADE,
        opened_by uuid NOT NULL REFERENCES users (id),
        reason text NOT NULL,
        asked_amount bigint NOT NULL CHECK (asked_amount > 0),
        currency char(3) NOT NULL,
        status text NOT NULL DEFAULT 'open'
          CHECK (status IN ('open', 'negotiating', 'escalated', 'decided', 'settled', 'withdrawn')),
        created_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz
      );
      CREATE UNIQUE INDEX disputes_one_open ON disputes (milestone_id)
        WHERE status IN ('open', 'negotiating', 'escalated', 'decided');

      CREATE TABLE activity (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        milestone_id uuid,
        -- 'project', 'milestone', 'transaction', ... and its id
        subject_type text NOT NULL,
        subject_id uuid NOT NULL,
        actor_type text NOT NULL CHECK (actor_type IN ('user', 'system', 'provider', 'staff')),
        actor_id uuid,
        -- verb in the past tense: 'project.accepted', 'milestone.submitted', 'deposit.completed'
        action text NOT NULL,
        from_status text,
        to_status text,
        details jsonb NOT NULL DEFAULT '{}',
        at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX activity_project ON activity (project_id, id DESC);

      CREATE TABLE notifications (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        seq bigint NOT NULL,
        kind text NOT NULL,
        title text NOT NULL,
        body text NOT NULL,
        data jsonb NOT NULL DEFAULT '{}',
        read_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (user_id, seq)
      );
      CREATE INDEX notifications_unread ON notifications (user_id, seq) WHERE read_at IS NULL;
    `)
  }

  async down() {
    for (const table of [
      'notifications',
      'activity',
      'disputes',
      'messages',
      'proposals',
      'submissions',
      'milestones',
      'invitations',
      'projects',
    ]) {
      this.schema.dropTable(table)
    }
  }
}
