-- Ready-made filters let through whom agents wrote to, and now also whose contact agents made, imported or filled in, or
-- of whom they let a filtered mail in. Exact by `python -m router lookups rebuild`; of what is there when this is
-- installed all addresses of such a contact count.
COMMENT ON TABLE router.corresponded IS 'Addresses of those whom we know: replies of agents went there, their contact was'
  ' made, imported or filled in by an agent, or an agent let a filtered mail of theirs in.';
DO $$
BEGIN
  IF to_regclass('router.stored_events') IS NOT NULL THEN
    INSERT INTO router.corresponded (handle_hash)
    SELECT h.handle_hash FROM router.handles h
    WHERE h.kind = 'email' AND EXISTS (
      SELECT FROM router.stored_events e
      WHERE e.originator_id = h.contact_id AND e.topic IN ('ContactCreated', 'HandleLinked', 'ContactUpdated')
        AND position('agent:'::bytea IN e.state) > 0)
    UNION
    SELECT f.handle_hash FROM router.filtered f
    WHERE f.handle_hash <> '' AND EXISTS (
      SELECT FROM router.stored_events e WHERE e.originator_id = f.stream_id AND e.topic = 'FilteredAdmitted')
    ON CONFLICT DO NOTHING;
  END IF;
END $$;
