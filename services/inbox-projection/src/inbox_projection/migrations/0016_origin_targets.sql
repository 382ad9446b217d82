-- What an act that is no command was done to: a token, a session, an import.
alter table inbox_projection.origins add column target_id uuid;
