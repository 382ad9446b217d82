-- How far each folder of each IMAP mailbox is fetched. `account` is a keyed hash of server and log-in, so that a channel
-- that is pointed to another mailbox starts anew; the columns are those of ingest_email.imap_cursor.Cursor.
CREATE TABLE ingest_email.imap_folders (
    channel_id   uuid NOT NULL,
    account      text NOT NULL,
    folder       text NOT NULL,
    connected_at timestamptz NOT NULL,
    uid_validity bigint NOT NULL,
    last_uid     bigint NOT NULL,
    checked_to   bigint NOT NULL,
    tidied_uid   bigint NOT NULL,
    PRIMARY KEY (channel_id, account, folder)
);

-- What was last reported of each mailbox, so that only news is.
CREATE TABLE ingest_email.imap_health (
    channel_id uuid PRIMARY KEY,
    state      text NOT NULL,
    reason     text NOT NULL
);
