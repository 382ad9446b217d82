-- Files that an agent uploaded; they become attachments when a reply takes them, or vanish.
create table inbox_projection.uploads (
    upload_id     uuid primary key,
    agent_id      uuid not null,
    name          text not null,
    content_type  text not null,
    size          bigint not null,
    blob          text not null,
    created_at    timestamptz not null default now(),
    used_by       uuid
);
create index uploads_unused on inbox_projection.uploads (created_at) where used_by is null;

-- Commands that a client may ask about again: those with an Idempotency-Key, and those answered with 202.
create table inbox_projection.requests (
    command_id    uuid primary key,
    agent_id      uuid not null,
    body_hash     bytea,
    published_at  timestamptz,
    created_at    timestamptz not null default now()
);
create index requests_by_age on inbox_projection.requests (created_at);
