-- Single notifications that an agent has read: of channels, that is, for those of conversations are read with them. One
-- that came anew since is unread again; rows that the agent's mark has passed say nothing more and go.
create table inbox_projection.notification_reads (
    agent_id        uuid not null,
    notification_id uuid not null,
    at              timestamptz not null,       -- of the notification as it was read
    primary key (agent_id, notification_id)
);
