-- How far existing contacts were gone through for the domains of a company. Not a view: it outlives every rebuild.
create table inbox_projection.company_links (
    company_id    uuid primary key,
    linked        text[] not null,                  -- domains whose contacts were gone through
    wanted        text[] not null,                  -- those that are now; none: nothing to do
    run_id        uuid not null,                    -- of this going through: its commands have ids by it
    after         uuid not null,                    -- the last contact that was looked at
    claimed_until timestamptz
);
