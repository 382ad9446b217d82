-- Senders who were told that we have their mail: not again within 24 hours. A row of two days ago says nothing.
CREATE TABLE router.acknowledged (
    handle_hash bytea PRIMARY KEY,
    told_at     timestamptz NOT NULL
);
CREATE INDEX acknowledged_by_age ON router.acknowledged (told_at);
