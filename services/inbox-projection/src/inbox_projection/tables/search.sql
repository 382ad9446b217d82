-- The index of the search, kept by inbox_projection.search_index from the tables of the views. It says which lines of
-- threads, contacts, tickets and companies there are by their ids, which a rebuild does not change: so it is taken over
-- by one, and a higher INDEX_VERSION has it made anew from the tables, without the log.

-- What is to be looked at, written with the rows that changed. Places above zero come first, lowest first; those below
-- zero, highest first, are what was there when the index was made anew, newest first.
create table {schema}.search_waiting (
    place bigint generated always as identity primary key,
    kind text not null,                     -- line, contact, ticket, company; erased: a conversation that lost words
    id uuid not null,                       -- of the conversation, contact, ticket or company
    sequence integer not null               -- of the line
);

-- What can be found, newest first by their numbers, which leave no gaps but those of removed ones.
create table {schema}.search_documents (
    document bigint primary key,
    kind text not null,                     -- message, comment, contact, ticket, company
    id uuid not null,
    sequence integer not null,              -- of the line; 0: no line
    at timestamptz not null,
    unique (id, sequence)
);

-- Documents from `segment` on, `size` of them, are indexed together.
create table {schema}.search_segments (
    segment bigint primary key,
    size integer not null,
    since timestamptz not null,             -- of the oldest of its documents
    until timestamptz not null,             -- of the newest
    purge_at timestamptz                    -- documents were removed, whose terms are still in it
);

-- Personal. The terms of a segment from `term` to the next block's (views/search/postings.py).
create table {schema}.search_blocks (
    segment bigint not null,
    term text collate "C" not null,
    block bytea storage external not null,
    primary key (segment, term)
) with (toast_tuple_target = 8160);

create table {schema}.search_state (
    version integer not null,
    next_document bigint not null,
    first_document bigint not null
);
insert into {schema}.search_state values (0, 0, 0);
