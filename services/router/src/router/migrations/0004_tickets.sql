-- Tickets: which conversation has which, whose they are, how many are in each stage, and their own numbers.
CREATE TABLE router.ticket_links (
    conversation_id uuid NOT NULL,
    ticket_id       uuid NOT NULL,
    PRIMARY KEY (conversation_id, ticket_id)
);
COMMENT ON TABLE router.ticket_links IS 'The tickets of each conversation: they move when something is written there.';

CREATE TABLE router.tickets (
    ticket_id  uuid PRIMARY KEY,
    contact_id uuid NOT NULL
);
CREATE INDEX tickets_of_contact ON router.tickets (contact_id);
COMMENT ON TABLE router.tickets IS 'Tickets by contact: their titles go with the person.';

CREATE TABLE router.ticket_stages (
    pipeline_id uuid NOT NULL,
    stage       text NOT NULL,
    tickets     bigint NOT NULL,
    PRIMARY KEY (pipeline_id, stage)
) WITH (fillfactor = 50);
COMMENT ON TABLE router.ticket_stages IS 'How many tickets are in each stage, counted as they move.';

INSERT INTO router.numbers VALUES ('ticket', 0);
