-- Facts of conversations: derived from the log, may be dropped and rebuilt at any time; no personal data.
create table {schema}.conversations (
    conversation_id uuid primary key,
    sequence        integer not null,
    state           json not null
) with (fillfactor = 80);

create table {schema}.facts (
    kind            text not null,
    stopped_at      bigint not null,
    conversation_id uuid not null,
    sequence        integer not null,
    number          bigint not null,
    inbox_id        uuid not null,
    channel         text not null,
    team_id         uuid,
    agent_id        uuid,
    duration        bigint,
    parts           bigint[],
    event_id        uuid not null,
    start_event_id  uuid,
    started_at      bigint,
    primary key (kind, stopped_at, conversation_id, sequence)
);

-- Which UTC days have facts of a kind; `packed` are all of that day's, column by column, NULL when there are newer ones.
create table {schema}.days (
    kind            text,
    day             integer,
    packed          bytea,
    primary key (kind, day)
) with (fillfactor = 50);
alter table {schema}.days alter column packed set storage external;

-- One row: who may see what.
create table {schema}.workspace (
    only_one        boolean primary key default true check (only_one),
    state           json not null
);

-- Events that went to the dead letters: the holes that they leave in their streams are known ones.
create table {schema}.skipped (
    stream_id       uuid,
    sequence        integer,
    primary key (stream_id, sequence)
);
