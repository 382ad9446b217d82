-- GET /drafts: an agent's own, the last written first.
create index drafts_of_agent on inbox_projection.drafts (agent_id, updated_at, conversation_id);
