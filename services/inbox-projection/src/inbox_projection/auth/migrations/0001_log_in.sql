-- Credentials of agents. An agent without a password cannot log in; whether an agent is active is in the views.
create table auth.credentials (
    agent_id      uuid primary key,
    email         text not null unique check (email = lower(email)),
    password_hash text,
    created_at    timestamptz not null default now(),
    changed_at    timestamptz not null default now()
);

-- Cookies are random tokens of which only the hash is kept. A token is replaced from time to time; the one before it
-- stays valid for a moment, for the requests that were under way.
create table auth.sessions (
    session_id    uuid primary key,
    agent_id      uuid not null references auth.credentials on delete cascade,
    token_hash    bytea not null unique,
    previous_hash bytea unique,
    created_at    timestamptz not null default now(),
    rotated_at    timestamptz not null default now(),
    seen_at       timestamptz not null default now(),
    expires_at    timestamptz not null
);
create index sessions_by_agent on auth.sessions (agent_id);

create table auth.api_tokens (
    token_hash    bytea primary key,
    agent_id      uuid not null,
    name          text not null,
    created_at    timestamptz not null default now(),
    revoked_at    timestamptz
);
create index api_tokens_by_agent on auth.api_tokens (agent_id);

-- Failed log-ins by account and by address, each known by a keyed hash only.
create table auth.log_in_failures (
    subject       text primary key,
    failures      integer not null,
    counted_from  timestamptz not null,
    locked_until  timestamptz
);
