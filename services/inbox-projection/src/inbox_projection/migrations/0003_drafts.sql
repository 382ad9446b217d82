-- What an agent is writing in a conversation: state of the API, nobody else's. Personal: it goes with the contact, with
-- the reply that is sent, and after 90 days (queries/drafts.py).
create table inbox_projection.drafts (
    conversation_id uuid not null,
    agent_id        uuid not null,
    content         text not null,              -- JSON: what DraftAsked holds
    updated_at      timestamptz not null,
    primary key (conversation_id, agent_id)
);
create index drafts_by_age on inbox_projection.drafts (updated_at);
