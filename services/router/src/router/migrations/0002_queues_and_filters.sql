-- Queues: since when a conversation waits in its team's queue. Exact by `python -m router lookups rebuild`; those that
-- wait when this is installed count from now.
ALTER TABLE router.conversations ADD COLUMN waiting_since timestamptz;
UPDATE router.conversations SET waiting_since = now()
WHERE status = 'open' AND assignee_id IS NULL AND team_id IS NOT NULL;
CREATE INDEX conversations_waiting ON router.conversations (team_id, waiting_since, conversation_id)
    WHERE waiting_since IS NOT NULL;

CREATE TABLE router.queue_drains (
    agent_id       uuid PRIMARY KEY,
    reason         text NOT NULL,
    cause_id       uuid NOT NULL,
    correlation_id uuid NOT NULL
);
COMMENT ON TABLE router.queue_drains IS
    'Agents whose teams'' queues are handed out slice by slice; a row goes with the last slice. Not of the events.';

CREATE TABLE router.filtered (
    stream_id   uuid PRIMARY KEY,
    handle_hash bytea NOT NULL
);
CREATE INDEX filtered_of_handle ON router.filtered (handle_hash);
COMMENT ON TABLE router.filtered IS 'Mails that a filter blocked, by sender: their keys and blobs go with the person.';
