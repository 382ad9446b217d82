-- The files that a draft holds: they stay as long as it does.
create table inbox_projection.draft_uploads (
    conversation_id uuid not null,
    agent_id        uuid not null,
    upload_id       uuid not null references inbox_projection.uploads on delete cascade,
    primary key (conversation_id, agent_id, upload_id),
    foreign key (conversation_id, agent_id) references inbox_projection.drafts on delete cascade
);
create index draft_uploads_by_upload on inbox_projection.draft_uploads (upload_id);
-- When a reply took the file, which may be long after it was uploaded: its row is remembered from then on.
alter table inbox_projection.uploads add column used_at timestamptz;
