-- The live feed. Its ids never start again, so a rebuild does not build it but takes the live one over.
create table {schema}.feed (
    feed_id bigint generated always as identity primary key,
    kind text not null,                     -- conversation, ticket, ticket_left, company, notification, reset
    conversation_id uuid,                   -- of kind ticket or company: its id; of kind notification: the agent's
    inbox_id uuid,                          -- for the permission of who listens; of a ticket null: no conversations;
                                            -- of kind ticket_left: the agent who had it, and may not see it now
    sequence integer,                       -- the conversation's
    topic text,
    partition integer,
    position bigint,                        -- the greatest of this conversation in this transaction
    at timestamptz not null default statement_timestamp()
);
create index feed_by_time on {schema}.feed using brin (at) with (autosummarize = on);
