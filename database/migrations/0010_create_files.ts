import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Files that a freelancer has uploaded for a milestone. What is in them is on a disk, under storage_key;
      -- a row is made once all of it is there.
      CREATE TABLE deliverables (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        milestone_id uuid NOT NULL REFERENCES milestones (id) ON DELETE CASCADE,
        uploaded_by uuid NOT NULL REFERENCES users (id),
        -- What people call it. It decides nothing, least of all where it is stored.
        name text NOT NULL CHECK (name <> '' AND char_length(name) <= 200),
        -- Bytes.
        size integer NOT NULL CHECK (size > 0),
        -- By what is in it.
        content_type text NOT NULL CHECK (content_type <> ''),
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        storage_key text NOT NULL UNIQUE,
        -- Only 'clean' and 'unscanned' (there was no scanner) can be downloaded or handed in.
        scan_status text NOT NULL CHECK (scan_status IN ('pending', 'clean', 'infected', 'unscanned')),
        -- What the scanner calls what it found.
        scan_signature text,
        scanned_at timestamptz,
        -- First handed in. From then on it is part of what both sides can prove, and cannot be deleted.
        -- Which submission it belongs to is written there, in 'deliverables'.
        submitted_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((scan_status = 'infected') = (scan_signature IS NOT NULL)),
        CHECK (submitted_at IS NULL OR scan_status IN ('clean', 'unscanned'))
      );
      CREATE INDEX deliverables_milestone ON deliverables (milestone_id, id);
      CREATE INDEX deliverables_pending_scan ON deliverables (id) WHERE scan_status = 'pending';

      COMMENT ON COLUMN profiles.avatar IS 'Name of the picture below avatars/ on the disk.';
    `)
  }

  async down() {
    this.schema.raw('COMMENT ON COLUMN profiles.avatar IS NULL')
    this.schema.dropTable('deliverables')
  }
}
