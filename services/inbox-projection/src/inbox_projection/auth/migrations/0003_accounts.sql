-- API tokens are listed, by an id of their own, with when they were last used (to the minute).
alter table auth.api_tokens add column token_id uuid not null default gen_random_uuid();
alter table auth.api_tokens add column last_used_at timestamptz;
create unique index api_tokens_by_id on auth.api_tokens (token_id);
-- One valid token of a name: of two at once, one is refused.
create unique index api_tokens_by_name on auth.api_tokens (agent_id, name) where revoked_at is null;

-- From where a session was begun, for its owner to recognise it.
alter table auth.sessions add column address text not null default '';
alter table auth.sessions add column user_agent text not null default '';
