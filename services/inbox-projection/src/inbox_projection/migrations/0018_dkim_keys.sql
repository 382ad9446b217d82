-- Key pairs that requests with an Idempotency-Key made: a request that is repeated sends the same one. Gone after a day.
create table inbox_projection.dkim_keys (
    command_id uuid primary key,
    public_key text not null,
    box        bytea not null,                      -- the private half, sealed under the secret's id
    created_at timestamptz not null default now()
);
