-- To whom we have written: ready-made filters let their mail through. Exact by `python -m router lookups rebuild`; of
-- what is there when this is installed it is everybody with whose conversation an agent's reply is.
CREATE TABLE router.corresponded (
    handle_hash bytea PRIMARY KEY
);
COMMENT ON TABLE router.corresponded IS 'Addresses to which replies, first messages and forwards of agents went.';
DO $$
BEGIN
  IF to_regclass('router.stored_events') IS NOT NULL THEN
    INSERT INTO router.corresponded (handle_hash)
    SELECT h.handle_hash FROM router.handles h
    WHERE h.kind = 'email' AND EXISTS (
      SELECT FROM router.conversations c JOIN router.stored_events e ON e.originator_id = c.conversation_id
      WHERE c.contact_id = h.contact_id AND e.topic = 'ReplyQueued'
        AND position('"automatic":true'::bytea IN e.state) = 0)
    ON CONFLICT DO NOTHING;
  END IF;
END $$;

-- A filtered mail without a sender that was let in: it goes with the contact that it became.
ALTER TABLE router.filtered ADD COLUMN contact_id uuid;
CREATE INDEX filtered_of_contact ON router.filtered (contact_id) WHERE contact_id IS NOT NULL;
