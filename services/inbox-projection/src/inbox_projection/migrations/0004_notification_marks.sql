-- Up to which notification each agent has read; what conversations' read marks say counts besides.
create table inbox_projection.notification_marks (
    agent_id        uuid primary key,
    at              timestamptz not null,
    notification_id uuid not null
);
