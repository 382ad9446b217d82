-- Files of contacts that are being imported. All of it is personal, and gone seven days after the import has ended.
create table inbox_projection.imports (
    import_id     uuid primary key,
    agent_id      uuid not null,
    created_at    timestamptz not null default now(),
    state         text not null default 'waiting',  -- waiting, importing, done, refused
    dry_run       boolean not null,
    existing      text not null,                    -- update, skip
    encoding      text not null,
    mapping       text,                             -- JSON; NULL: columns by their names
    header        text,                             -- JSON: the columns of the file
    fields        text,                             -- JSON: what each is of a contact
    preview       text,                             -- JSON: the first contacts, of a dry run
    total         integer,
    rows          integer not null default 0,       -- handled so far
    created       integer not null default 0,
    updated       integer not null default 0,
    skipped       integer not null default 0,
    failed        integer not null default 0,
    code          text,                             -- why the file was refused
    detail        text,
    line          integer,
    claimed_until timestamptz,
    finished_at   timestamptz
);
create index imports_waiting on inbox_projection.imports (created_at) where state in ('waiting', 'importing');
create table inbox_projection.import_pieces (
    import_id uuid not null references inbox_projection.imports on delete cascade,
    number    integer not null,
    content   bytea not null,
    primary key (import_id, number)
);
create table inbox_projection.import_errors (
    import_id uuid not null references inbox_projection.imports on delete cascade,
    line      integer not null,
    cells     text not null,                        -- JSON: the record
    reason    text not null,
    primary key (import_id, line)
);
