-- From where commands came, and log-ins: state of the API, kept for 400 days, joined with the audit when that is read.
-- Addresses and programs of agents are here and nowhere else, so that they can be forgotten.
create table inbox_projection.origins (
    origin_id   uuid primary key,               -- the command's id; of no command: a new one
    at          timestamptz not null default now(),
    kind        text not null,                  -- command, LoggedIn, LogInFailed, LoggedOut
    agent_id    uuid,                           -- null: a log-in with an e-mail that is nobody's
    address     text not null,
    user_agent  text not null
);
create index origins_by_time on inbox_projection.origins (at);
create index origins_of_sessions on inbox_projection.origins (at, origin_id) where kind <> 'command';
