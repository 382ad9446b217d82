-- By which channel a reply goes, so that one channel's server that is down delays no other's replies. NULL for what was
-- queued before this column was.
ALTER TABLE ingest_email.deliveries ADD COLUMN channel_id uuid;
CREATE INDEX deliveries_due_by_channel ON ingest_email.deliveries (channel_id, due_at) WHERE due_at IS NOT NULL;
