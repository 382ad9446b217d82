-- The tables of the inbox views. {schema} is `inbox`, or `inbox_next` while a rebuild goes on beside it.
-- Views are never migrated: a changed table means a higher VIEW_VERSION (tables/schema.py) and a rebuild.
-- "personal" marks columns that are NULL (or '') when the key named by the key_id beside them was erased.
-- JSON lies in text columns, because jsonb refuses NUL characters, which mails may hold.

create table {schema}.conversations (
    conversation_id uuid primary key,
    number bigint not null,
    inbox_id uuid not null,
    contact_id uuid not null,
    channel text not null,
    channel_id uuid not null,
    status text not null,
    priority text not null,
    labels text[] not null,                 -- sorted
    assignee_id uuid,
    team_id uuid,
    created_at timestamptz not null,
    last_message_at timestamptz not null,   -- of the newest message in or out; comments do not count
    message_count integer not null,         -- in and out
    sequence integer not null,              -- of the newest event
    snoozed_until timestamptz,              -- NULL in a snoozed one: until they answer
    suggested_link uuid,
    key_id uuid,                            -- sealed the subject
    subject text not null,                  -- personal
    preview_key_id uuid,                    -- sealed the newest message
    preview text not null,                  -- personal; at most 160 characters, one line
    waiting_on text not null,               -- us, customer, nobody: whose turn it is
    waiting_since timestamptz,              -- us only: when the first message came that nobody answered
    turn text,                              -- JSON: Turn (views/turn.py), where the two above do not say all of it
    spoken integer not null,                -- sequence of the newest message or comment
    spoken_by uuid,                         -- the agent, where it is ours
    follower_ids uuid[] not null,           -- sorted
    mentioned_ids uuid[] not null,          -- sorted
    merged_into uuid,                       -- the conversation that stands for this one; never one that is merged itself
    muted boolean not null,
    follow_up_of uuid,                      -- its first message came too late for this one
    follow_up_ids uuid[] not null           -- those that began so after this one, in their order
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

-- One row for each label of a conversation, with all that lists filter and order by, so that a label's page is one
-- range of its index, whatever else is asked for. The label's first 200 characters. For each agent who was mentioned
-- there is one, too, under what is no label (views/inbox.py, mention_of).
create table {schema}.conversation_labels (
    conversation_id uuid not null,
    label text not null,
    status text not null,
    inbox_id uuid not null,
    last_message_at timestamptz not null,
    assignee_id uuid,
    team_id uuid,
    channel text not null,
    waiting_on text not null,
    waiting_since timestamptz,
    priority text not null,
    created_at timestamptz not null,
    primary key (conversation_id, label)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- The thread: messages, comments and activity lines, in the order of the conversation's stream.
create table {schema}.messages (
    conversation_id uuid not null,
    sequence integer not null,              -- of the event that made the line
    message_id uuid not null,               -- message_id, reply_id or comment_id; an activity line has its event's id
    kind text not null,                     -- message, comment, activity
    direction text,                         -- in, out; NULL for comments and activity
    at timestamptz not null,                -- in: received by us; otherwise when it happened
    channel text,                           -- messages only
    channel_id uuid,                        -- messages only
    author_kind text not null,              -- contact, agent, bot, rule, system
    author_id uuid,                         -- contact_id, agent_id, bot or rule id; NULL for the system
    activity text,                          -- activity only: the event's type
    details text,                           -- JSON, never personal: see views/thread.py
    key_id uuid,                            -- sealed the content
    content text storage external,          -- personal; JSON: MessageContent (in), ReplyContent (out), CommentText, SeenValues
    delivery text,                          -- replies only: scheduled, queued, sending, sent, delivered, unknown, failed, cancelled
    delivery_attempt integer,
    delivery_code text,                     -- of a failure; of a scheduled one why it is held
    delivery_can_retry boolean,
    delivery_key_id uuid,                   -- sealed the reason
    delivery_reason text,                   -- personal
    released_at timestamptz,                -- when a reply that waited, or was tried again, went out to be delivered
    in_side_thread boolean not null,        -- none of the customer's business
    primary key (conversation_id, sequence)
) with (fillfactor = 95, toast_tuple_target = 8160);

create table {schema}.contacts (
    contact_id uuid primary key,
    sequence integer not null,
    created_at timestamptz not null,
    erased_at timestamptz,
    handle_kind text,                       -- of the first handle
    handle text,                            -- personal; the first handle's value, lower case as the event has it
    name text not null,                     -- personal
    phone text not null,                    -- personal
    note text not null,                     -- personal
    properties text not null,               -- personal; JSON: values by the text of a property's id
    blocked_at timestamptz,                 -- NULL: not blocked
    merged_into uuid,                       -- the contact that stands for this one; never one that is merged itself
    company_id uuid,
    by_hand boolean not null                -- an agent added the person
);

-- What was done about a person, and what became of the person's conversations; newest entries are read first.
create table {schema}.contact_timeline (
    event_id uuid primary key,
    contact_id uuid not null,               -- whose event it is; of a conversation, whose that was
    at timestamptz not null,
    kind text not null,                     -- the event's type
    actor_kind text not null,
    actor_id text not null,
    conversation_id uuid,                   -- of an entry about a conversation
    details text not null,                  -- JSON: the event's fields, never personal
    content text                            -- personal; JSON: ContactChanges, LinkedHandle, NoteText
);

create table {schema}.companies (
    company_id uuid primary key,
    name text not null,
    domains text[] not null,
    note text not null,
    created_at timestamptz not null
);

create table {schema}.contact_properties (
    property_id uuid primary key,
    name text not null,
    kind text not null,                     -- text, number, date, boolean, choice, url
    choices text[] not null,
    created_at timestamptz not null,
    deleted boolean not null                -- contacts keep the values in their rows; nobody is shown them
);

-- Further handles (the first one is in the contact's row).
create table {schema}.linked_handles (
    contact_id uuid not null,
    sequence integer not null,
    kind text not null,
    value text not null,                    -- personal: an erased contact has no rows here
    primary key (contact_id, sequence)
);

create table {schema}.inboxes (
    inbox_id uuid primary key,
    name text not null,
    slug text not null,
    fallback_channel_id uuid,
    fallback_address text,
    team_ids uuid[] not null,
    member_ids uuid[] not null,
    signature text not null,
    quote_history boolean not null,
    archived boolean not null,
    assign_first_answer boolean not null,
    reopen_days integer not null,           -- a message later than that begins a follow-up
    business_hours text,
    created_at timestamptz not null
);

create table {schema}.teams (
    team_id uuid primary key,
    name text not null,
    member_ids uuid[] not null,
    created_at timestamptz not null
);

create table {schema}.agents (
    agent_id uuid primary key,
    role text not null,
    deactivated boolean not null,
    availability text not null,             -- available, away, offline
    available_until timestamptz,            -- as the agent said; nothing changes by itself
    chosen text not null,                   -- what the agent chose last: available, away; never offline
    chosen_until timestamptz,
    capacity integer,                       -- open conversations by routing; NULL: as many as come
    language text not null,
    time_zone text not null,
    name text not null,                     -- personal
    email text not null,                    -- personal
    meeting_url text not null,              -- personal
    signature text not null,                -- personal
    created_at timestamptz not null,
    told_in_app text[] not null,            -- kinds of notifications that the agent wants to see
    told_by_mail text[] not null,
    mail_rhythm text not null               -- at_once, hourly, daily
);

-- Of each kind the newest for each conversation (or channel) and recipient: the agent, or the members of the inbox.
create table {schema}.notifications (
    notification_id uuid primary key,
    kind text not null,
    conversation_id uuid,
    channel_id uuid,
    inbox_id uuid not null,
    agent_id uuid,                          -- NULL: every member of the inbox but who did it
    sequence integer not null,              -- of the event
    at timestamptz not null,
    actor_kind text not null,
    actor_id text not null
);

-- Up to where agents have read; 0: unread again.
create table {schema}.read_marks (
    conversation_id uuid,
    agent_id uuid,
    up_to integer not null,
    primary key (conversation_id, agent_id)
);

create table {schema}.channels (
    channel_id uuid primary key,
    inbox_id uuid not null,
    kind text not null,
    address text,                           -- e-mail
    from_name text not null,
    fallback boolean not null,
    settings text not null,                 -- JSON: EmailSettings; passwords are ids of secrets
    connected_at timestamptz not null,
    disconnected_at timestamptz,            -- rows stay: old messages name them
    health_state text not null,             -- of the worst part: ok, degraded, down
    health_reason text not null,
    health_since timestamptz not null,
    health_part text,                       -- receiving, sending; NULL while nothing was said
    health_parts text not null              -- JSON: what was last said of each part
);

create table {schema}.channel_tests (
    test_id uuid primary key,
    channel_id uuid not null,
    started_at timestamptz,
    ends_at timestamptz,
    credentials text,                       -- JSON of each hop; NULL: nothing is known of it
    sent text,
    arrived text,
    routed text,
    message_id uuid                         -- of its mail, which is in no conversation
);

-- When a message last came in by a channel: a maximum over all conversations, so it needs no order among them.
create table {schema}.channel_activity (
    channel_id uuid primary key,
    last_in_at timestamptz not null
) with (fillfactor = 50);

create table {schema}.rule_sets (
    state text primary key,                 -- draft, published
    version integer not null,
    rules text not null,                    -- JSON: a list of Rule
    changed_at timestamptz not null,
    changed_by text not null                -- an actor, "agent:<id>"
);

-- Every version of the e-mail filters: a filtered mail names the one that caught it.
create table {schema}.email_filters (
    version integer primary key,
    filters text not null,                  -- JSON: a list of EmailFilter
    switches text not null,                 -- JSON: a list of FilterSwitches
    set_at timestamptz not null,
    set_by text not null                    -- an actor, "agent:<id>"
);

-- Pipelines as they were last defined; one that every workspace has is here once it was changed (events.pipelines).
create table {schema}.pipelines (
    pipeline_id uuid primary key,
    name text not null,
    stages text not null,                   -- JSON: a list of Stage
    created_at timestamptz not null
);

create table {schema}.tickets (
    ticket_id uuid primary key,
    sequence integer not null,
    number bigint not null,
    pipeline_id uuid not null,
    stage text not null,                    -- id of the pipeline's stage
    priority text not null,
    assignee_id uuid,
    contact_id uuid,
    conversations integer not null,         -- how many are linked
    opened_by uuid,                         -- the agent; NULL: a rule, or a channel's switch
    created_at timestamptz not null,
    closed_at timestamptz,                  -- NULL: open
    key_id uuid,                            -- sealed the title
    title text not null                     -- personal
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- Links both ways. What lists order and filter by lies here again, so that an inbox's tickets are a range of an index.
create table {schema}.ticket_links (
    conversation_id uuid not null,
    ticket_id uuid not null,
    inbox_id uuid not null,                 -- of the conversation, as the ticket's events say
    number bigint not null,
    closed boolean not null,
    pipeline_id uuid not null,
    stage text not null,
    priority text not null,
    assignee_id uuid,
    primary key (conversation_id, ticket_id)
) with (fillfactor = 85);

-- Mails that a filter kept out of their inboxes.
create table {schema}.filtered (
    filtered_id uuid primary key,           -- the stream
    message_id uuid not null,
    inbox_id uuid not null,
    channel text not null,
    channel_id uuid not null,
    filter_id uuid not null,
    filter_version integer not null,
    contact_id uuid,                        -- who was blocked, where no filter caught it
    switch text,                            -- the ready-made filter that caught it
    refused text,                           -- why an agent's answer by mail became no reply
    at timestamptz not null,                -- received by us
    details text not null,                  -- JSON: MessageFacts
    key_id uuid,                            -- sealed the content
    content text storage external,          -- personal; JSON: MessageContent
    conversation_id uuid,                   -- it is in this one since it was let in
    admitted_at timestamptz,
    admitted_by text                        -- an actor, "agent:<id>"
) with (toast_tuple_target = 8160);

-- What agents did. From where is state of the API (inbox_projection.origins), joined when read.
create table {schema}.audit (
    event_id uuid primary key,
    at timestamptz not null,
    agent_id uuid not null,
    kind text not null,                     -- the event's type
    target_kind text not null,              -- conversation, contact, inbox, team, agent, channel, rules, ...
    target_id uuid not null,
    command_id uuid,
    details text not null                   -- JSON: the event's fields, never personal
);

-- The pictures that agents are shown with.
create table {schema}.avatars (
    agent_id uuid primary key,
    version integer not null,               -- of the picture: another one has a greater
    content_type text,
    image bytea                             -- NULL: none any more
);

-- Texts to be written again. Not personal: they are about nobody yet.
create table {schema}.snippets (
    snippet_id uuid primary key,
    owner_id uuid,                          -- the agent whose own it is; NULL: everybody's
    name text not null,
    folder text not null,
    text text not null,
    html text,
    attachments text not null,              -- JSON: Attachment
    changed_at timestamptz not null,
    changed_by text not null,
    deleted boolean not null                -- then nothing else is left
);

-- Labels that the team has agreed on. Conversations carry names: a former one is shown as the present one.
create table {schema}.labels (
    label_id uuid primary key,
    name text not null,
    color text not null,
    former_names text[] not null,
    changed_at timestamptz not null,
    changed_by text not null,
    deleted boolean not null                -- then nothing else is left
);

-- Lists that agents keep: their own and everybody's.
create table {schema}.views (
    view_id uuid primary key,
    owner_id uuid,                          -- the agent whose own it is; NULL: everybody's
    name text not null,
    inbox_id uuid,                          -- of the filter: who does not see the inbox does not see the view
    filter text not null,                   -- JSON: ViewFilter
    sort text not null,
    changed_at timestamptz not null,
    changed_by text not null,
    deleted boolean not null                -- then nothing else is left
);

create table {schema}.quarantine (
    quarantine_id uuid primary key,
    sequence integer not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    reason text not null,
    raw text not null,                      -- name of a blob
    size bigint not null,
    quarantined_at timestamptz not null,
    released_at timestamptz,
    retried_at timestamptz,                 -- when its channel was last asked to read it anew
    retry_failed text                       -- why that did not help; NULL: it is under way, or did
);

-- What became of commands; kept for at least 24 hours.
create table {schema}.command_outcomes (
    command_id uuid primary key,
    command text not null,
    state text not null,                    -- done, refused
    code text not null,
    detail text not null,
    resource_id uuid,
    shown_at text not null,                 -- JSON: a list of {{topic, partition, position}}
    handled_at timestamptz not null,
    refused text                            -- JSON: a list of {{id, code, detail}}, of a piece of a bulk
);

-- Reconciliation. received: inbound records by their headers; stored: what the router made of messages.
create table {schema}.received (
    channel text not null,
    hour timestamptz not null,              -- of ce_time
    type text not null,                     -- MessageReceived, DeliveryAccepted, ...
    count bigint not null,
    primary key (channel, hour, type)
) with (fillfactor = 50);

create table {schema}.stored (
    channel text not null,
    hour timestamptz not null,              -- of facts.received_at; of the quarantining
    outcome text not null,                  -- appended, filtered, admitted, quarantined, released
    count bigint not null,
    primary key (channel, hour, outcome)
) with (fillfactor = 50);

-- The greatest sequence seen of streams whose rows do not hold it (the workspace), and of dead-lettered events.
create table {schema}.streams (
    stream_id uuid primary key,
    sequence integer not null
);
create table {schema}.skipped (
    stream_id uuid not null,
    sequence integer not null,
    primary key (stream_id, sequence)
);
