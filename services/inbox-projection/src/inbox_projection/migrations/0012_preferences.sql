-- How an agent wants to see and hear the inbox, on whatever device: state of the API, about nobody else.
create table inbox_projection.preferences (
    agent_id   uuid primary key,
    content    text not null,                   -- JSON: what PreferencesChange holds
    updated_at timestamptz not null
);
