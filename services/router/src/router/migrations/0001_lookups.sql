-- What routing must know inside its transaction. All of it but dedupe and command_outcomes can be rebuilt from the
-- events (`python -m router lookups rebuild`). Hashes are keyed hashes of 16 bytes; they go when the person goes.

CREATE TABLE router.dedupe (
    inbox_id   uuid NOT NULL,
    dedupe_key text NOT NULL,
    contact_id uuid NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (inbox_id, dedupe_key)
);
CREATE INDEX dedupe_of_contact ON router.dedupe (contact_id);
COMMENT ON TABLE router.dedupe IS 'Messages that were handled: a second copy finds its key here.';

CREATE TABLE router.thread_keys (
    inbox_id        uuid NOT NULL,
    key_hash        bytea NOT NULL,
    conversation_id uuid NOT NULL,
    contact_id      uuid NOT NULL,
    received        boolean NOT NULL,
    PRIMARY KEY (inbox_id, key_hash)
);
CREATE INDEX thread_keys_of_contact ON router.thread_keys (contact_id);
COMMENT ON TABLE router.thread_keys IS
    'Message-IDs by conversation; received: a message with this id came, false: it was only referred to.';

CREATE TABLE router.participants (
    conversation_id uuid NOT NULL,
    handle_hash     bytea NOT NULL,
    PRIMARY KEY (conversation_id, handle_hash)
);
CREATE INDEX participants_of_handle ON router.participants (handle_hash);
COMMENT ON TABLE router.participants IS 'Who may join a conversation by its Message-IDs.';

CREATE TABLE router.handles (
    kind        text NOT NULL,
    handle_hash bytea NOT NULL,
    contact_id  uuid NOT NULL,
    PRIMARY KEY (kind, handle_hash)
);
CREATE INDEX handles_of_contact ON router.handles (contact_id);
COMMENT ON TABLE router.handles IS 'By what a contact is known.';

CREATE TABLE router.holdings (
    contact_id      uuid NOT NULL,
    conversation_id uuid NOT NULL,
    PRIMARY KEY (contact_id, conversation_id)
);
COMMENT ON TABLE router.holdings IS 'Conversations that hold something sealed with the key of a contact.';

CREATE TABLE router.conversations (
    conversation_id uuid PRIMARY KEY,
    inbox_id        uuid NOT NULL,
    contact_id      uuid NOT NULL,
    status          text NOT NULL,
    assignee_id     uuid,
    team_id         uuid
) WITH (fillfactor = 80);
COMMENT ON TABLE router.conversations IS 'Where each conversation is, for load.';

CREATE TABLE router.agent_load (
    agent_id           uuid PRIMARY KEY,
    open_conversations integer NOT NULL,
    last_assigned_at   timestamptz
) WITH (fillfactor = 50);
CREATE TABLE router.team_load (
    team_id uuid PRIMARY KEY,
    waiting integer NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE router.agent_load IS 'Open conversations by assignee, counted as they change.';
COMMENT ON TABLE router.team_load IS 'Open conversations of a team without an assignee.';

CREATE TABLE router.numbers (
    name text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO router.numbers VALUES ('conversation', 0);
COMMENT ON TABLE router.numbers IS 'The last number that was given out.';

CREATE TABLE router.timers (
    timer_id        uuid PRIMARY KEY,
    conversation_id uuid NOT NULL,
    due_at          timestamptz NOT NULL,
    published_at    timestamptz
);
CREATE INDEX timers_due ON router.timers (due_at);
COMMENT ON TABLE router.timers IS 'Snoozed conversations that come back; a row goes when its command is handled.';

CREATE TABLE router.blobs (
    name            text PRIMARY KEY,
    conversation_id uuid,
    contact_id      uuid
);
CREATE INDEX blobs_of_contact ON router.blobs (contact_id) WHERE contact_id IS NOT NULL;
COMMENT ON TABLE router.blobs IS 'Blobs that an event names: the sweeper leaves them alone.';

CREATE TABLE router.blobs_to_delete (
    name     text PRIMARY KEY,
    added_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.blobs_to_delete IS 'Blobs of erased persons, until the blob store has deleted them.';

CREATE TABLE router.command_outcomes (
    command_id   uuid PRIMARY KEY,
    request_hash bytea NOT NULL,
    outcome      bytea NOT NULL,
    handled_at   timestamptz NOT NULL
);
CREATE INDEX command_outcomes_by_age ON router.command_outcomes (handled_at);
COMMENT ON TABLE router.command_outcomes IS 'Commands that were handled in the last 30 days, with their outcomes.';
