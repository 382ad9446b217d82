-- One wish for many conversations, as it is carried out piece by piece; GET /commands/{id} tells how far it is.
create table inbox_projection.bulks (
    bulk_id       uuid primary key,             -- the command's id
    agent_id      uuid not null,
    created_at    timestamptz not null default now(),
    change        text not null,                -- JSON: BulkChange
    ids           uuid[] not null,              -- conversations within the agent's reach, in the order in which they go
    handled       integer not null default 0,   -- of these, so many from the beginning
    refused       integer not null default 0,   -- of those handled
    claimed_until timestamptz,
    finished_at   timestamptz
);
create index bulks_waiting on inbox_projection.bulks (created_at) where finished_at is null;
create table inbox_projection.bulk_refusals (
    bulk_id         uuid not null references inbox_projection.bulks on delete cascade,
    conversation_id uuid not null,
    reason          text not null,
    primary key (bulk_id, conversation_id)
);
