-- Invitations and password resets: the hash of a token that is good for choosing a password once. The token itself is
-- in the agent's mail only; mail_id is that mail's, from which the same token is derived when a request is repeated.
create table auth.single_use_tokens (
    token_hash    bytea primary key,
    mail_id       uuid not null unique,
    agent_id      uuid not null references auth.credentials on delete cascade,
    purpose       text not null check (purpose in ('invitation', 'password_reset')),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    used_at       timestamptz
);
create index single_use_tokens_by_agent on auth.single_use_tokens (agent_id);
create index single_use_tokens_by_end on auth.single_use_tokens (expires_at);
