-- What agents are to be told of by mail. Pending effects, not look-ups: a rebuild leaves them alone and makes none.
CREATE TABLE router.notification_mails (
    agent_id        uuid,
    conversation_id uuid,
    kinds           text[] NOT NULL,
    newest          int NOT NULL,
    due_at          timestamptz,
    published_at    timestamptz,
    mailed_at       timestamptz,
    PRIMARY KEY (agent_id, conversation_id)
);
CREATE INDEX notification_mails_due ON router.notification_mails (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE router.notification_mails IS
    'Of which conversations agents are to be told by mail; without due_at: when one was last told, for some minutes.';
