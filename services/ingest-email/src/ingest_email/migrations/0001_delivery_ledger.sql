-- The delivery ledger (design section 7). `record` is the sealed ReplyQueued as it came, gone once the reply is
-- settled; `recipients` holds standings by index and never an address; `queued` is the order of arrival.
CREATE TABLE ingest_email.deliveries (
    reply_id        uuid PRIMARY KEY,
    conversation_id uuid NOT NULL,
    queued          bigint GENERATED ALWAYS AS IDENTITY,
    event_id        uuid NOT NULL,
    workspace_id    uuid NOT NULL,
    correlation_id  uuid NOT NULL,
    record          bytea,
    state           text NOT NULL DEFAULT 'requested'
                    CHECK (state IN ('requested', 'attempting', 'data_sent', 'accepted', 'failed', 'unknown')),
    attempt         integer NOT NULL DEFAULT 0,
    recipients      bytea NOT NULL DEFAULT '[]',
    requested_at    timestamptz NOT NULL,
    due_at          timestamptz,
    lease_id        uuid,
    leased_by       text,
    leased_in       uuid,
    leased_until    timestamptz,
    settled_at      timestamptz,
    CHECK ((lease_id IS NOT NULL) = (state IN ('attempting', 'data_sent'))),
    CHECK (settled_at IS NOT NULL OR record IS NOT NULL),
    CHECK ((settled_at IS NOT NULL)::int + (lease_id IS NOT NULL)::int + (due_at IS NOT NULL)::int = 1)
);
CREATE INDEX deliveries_due ON ingest_email.deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_open ON ingest_email.deliveries (conversation_id, queued) WHERE settled_at IS NULL;
CREATE INDEX deliveries_leased ON ingest_email.deliveries (leased_until) WHERE lease_id IS NOT NULL;
CREATE INDEX deliveries_settled ON ingest_email.deliveries (settled_at) WHERE settled_at IS NOT NULL;

-- One row for each fact that the router must hear, written with the change of state that it reports. `reported_at` is
-- set after Kafka acknowledged it; the reason, which may name people, is blanked then.
CREATE TABLE ingest_email.delivery_reports (
    report_id   uuid PRIMARY KEY,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    reply_id    uuid NOT NULL REFERENCES ingest_email.deliveries ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('attempted', 'accepted', 'uncertain', 'refused')),
    attempt     integer NOT NULL,
    code        text NOT NULL,
    reason      text NOT NULL,
    can_retry   boolean NOT NULL,
    made_at     timestamptz NOT NULL,
    made_by     text NOT NULL,
    made_in     uuid NOT NULL,
    reported_at timestamptz
);
CREATE INDEX delivery_reports_unreported ON ingest_email.delivery_reports (number) WHERE reported_at IS NULL;
CREATE INDEX delivery_reports_reply ON ingest_email.delivery_reports (reply_id);
