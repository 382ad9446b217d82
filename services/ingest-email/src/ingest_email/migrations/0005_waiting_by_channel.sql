-- Whose turn it is, is asked channel by channel, so that a channel's backlog costs the others nothing: the order within a
-- channel comes from the index, and every reply has a channel (the nil id: queued before the column was).
UPDATE ingest_email.deliveries SET channel_id = '00000000-0000-0000-0000-000000000000' WHERE channel_id IS NULL;
ALTER TABLE ingest_email.deliveries ALTER COLUMN channel_id SET NOT NULL;
CREATE INDEX deliveries_waiting ON ingest_email.deliveries (channel_id, due_at, queued) WHERE due_at IS NOT NULL;
DROP INDEX ingest_email.deliveries_due_by_channel;
DROP INDEX ingest_email.deliveries_due;
