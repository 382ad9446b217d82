-- Made after the bulk load of a rebuild, at once in an empty schema. Each names the query it is there for.
-- Lists are ranges of one index in the order of activity; INCLUDE lets the other filters be checked without the table.

-- The list of an inbox: inbox_id = ? and status = ? and waiting_on = ? order by last_message_at, conversation_id.
create index conversations_of_inbox on {schema}.conversations
    (inbox_id, status, waiting_on, last_message_at, conversation_id)
    include (assignee_id, team_id, channel, priority, created_at);
-- assignee_id = me, or is null.
create index conversations_of_assignee on {schema}.conversations
    (assignee_id, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, team_id, channel, priority, created_at);
create index conversations_of_team on {schema}.conversations
    (team_id, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, assignee_id, channel, priority, created_at);
-- The same, who waits for us the longest first; and of an unusual priority. The others follow in the order above.
create index conversations_waiting_of_inbox on {schema}.conversations
    (inbox_id, status, waiting_since, conversation_id)
    include (assignee_id, team_id, channel, created_at) where waiting_since is not null;
create index conversations_waiting_of_assignee on {schema}.conversations
    (assignee_id, status, waiting_since, conversation_id)
    include (inbox_id, team_id, channel, created_at) where waiting_since is not null;
create index conversations_waiting_of_team on {schema}.conversations
    (team_id, status, waiting_since, conversation_id)
    include (inbox_id, assignee_id, channel, created_at) where waiting_since is not null;
create index conversations_by_priority_of_inbox on {schema}.conversations
    (inbox_id, priority, status, waiting_on, last_message_at, conversation_id)
    include (assignee_id, team_id, channel, created_at) where priority <> 'normal';
create index conversations_by_priority_of_assignee on {schema}.conversations
    (assignee_id, priority, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, team_id, channel, created_at) where priority <> 'normal';
create index conversations_by_priority_of_team on {schema}.conversations
    (team_id, priority, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, assignee_id, channel, created_at) where priority <> 'normal';
-- What was merged into a conversation: its thread shows theirs, too.
create index conversations_merged on {schema}.conversations (merged_into) where merged_into is not null;
-- GET /search: #123.
create index conversations_by_number on {schema}.conversations (number);
-- contact_id = ?, also GET /contacts/{{id}}/conversations.
create index conversations_of_contact on {schema}.conversations (contact_id, last_message_at, conversation_id);
-- label = ?, or who is mentioned, and status = ? and waiting_on = ?, with any other filter and in each order.
create index conversation_labels_of_label on {schema}.conversation_labels
    (label, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, assignee_id, team_id, channel, priority, created_at);
create index conversation_labels_waiting on {schema}.conversation_labels
    (label, status, waiting_since, conversation_id)
    include (inbox_id, assignee_id, team_id, channel, created_at) where waiting_since is not null;
create index conversation_labels_by_priority on {schema}.conversation_labels
    (label, priority, status, waiting_on, last_message_at, conversation_id)
    include (inbox_id, assignee_id, team_id, channel, created_at) where priority <> 'normal';

-- GET /messages/{{id}}/raw and the reply just sent. Delivery states find their reply by it, too.
create index messages_by_id on {schema}.messages (message_id) where kind = 'message';
-- Reconciliation: inbound messages that are shown, by hour.
create index messages_by_time on {schema}.messages using brin (at) with (pages_per_range = 32, autosummarize = on);

-- Prefix of a name (any case), prefix of an address; the first 100 characters, because an index entry has a limit.
create index contacts_by_name on {schema}.contacts
    (lower(left(name, 100)) text_pattern_ops, contact_id) where name <> '';
create index contacts_by_handle on {schema}.contacts
    (left(handle, 100) text_pattern_ops, contact_id) where handle is not null;
-- Who was merged into whom.
create index contacts_merged_by_handle on {schema}.contacts
    (left(handle, 100) text_pattern_ops, merged_into) where merged_into is not null and handle is not null;
create index contacts_merged on {schema}.contacts (merged_into) where merged_into is not null;
-- GET /contacts?company_id: newest first.
create index contacts_of_company on {schema}.contacts (company_id, contact_id) where company_id is not null;
-- GET /companies: by the beginning of a name.
create index companies_by_name on {schema}.companies (lower(left(name, 100)) text_pattern_ops, company_id);
-- GET /contacts/{{id}}/timeline: entries, and conversations by when they began.
create index contact_timeline_of_contact on {schema}.contact_timeline (contact_id, at, event_id);
create index conversations_of_contact_by_begin on {schema}.conversations (contact_id, created_at, conversation_id);
create index linked_handles_by_value on {schema}.linked_handles (left(value, 100) text_pattern_ops, contact_id);

-- The list of filtered mails, of one inbox or of all; the original of one; those of an hour.
create index filtered_of_inbox on {schema}.filtered (inbox_id, at, filtered_id);
create index filtered_by_time on {schema}.filtered (at, filtered_id);
create index filtered_by_message on {schema}.filtered (message_id);
-- GET /counts: those that are still kept out, however many were let in.
create index filtered_kept_out on {schema}.filtered (inbox_id) where admitted_at is null;
-- The audit: all of it, of an agent, of a kind.
create index audit_by_time on {schema}.audit (at, event_id);
create index audit_of_agent on {schema}.audit (agent_id, at, event_id);
create index audit_of_kind on {schema}.audit (kind, at, event_id);

-- GET /notifications: an agent's own, and those of the inboxes that the agent belongs to.
create index notifications_of_agent on {schema}.notifications (agent_id, at, notification_id)
    where agent_id is not null;
create index notifications_of_inbox on {schema}.notifications (inbox_id, at, notification_id) where agent_id is null;

-- GET /tickets: all, of a stage, an assignee, a contact; newest first, open and closed ones apart.
create index tickets_by_number on {schema}.tickets (number) include (ticket_id, priority);
create index tickets_open on {schema}.tickets (number) where closed_at is null;
create index tickets_of_stage on {schema}.tickets (pipeline_id, stage, number);
create index tickets_of_assignee on {schema}.tickets (assignee_id, number);
create index tickets_of_contact on {schema}.tickets (contact_id, number) where contact_id is not null;
-- assignee_id = none.
create index tickets_unassigned on {schema}.tickets (number) where assignee_id is null;
create index ticket_links_unassigned on {schema}.ticket_links
    (inbox_id, closed, number) include (ticket_id, pipeline_id, stage, priority) where assignee_id is null;
create index tickets_unlinked on {schema}.tickets (number) where conversations = 0;
-- The conversations of a ticket; the tickets of an inbox, open or closed.
create index ticket_links_of_ticket on {schema}.ticket_links (ticket_id);
create index ticket_links_of_inbox on {schema}.ticket_links
    (inbox_id, closed, number) include (ticket_id, pipeline_id, stage, priority, assignee_id);

create index quarantine_waiting on {schema}.quarantine (quarantined_at, quarantine_id) where released_at is null;
create index command_outcomes_by_time on {schema}.command_outcomes using brin (handled_at) with (autosummarize = on);
create index channel_tests_mails on {schema}.channel_tests (message_id) where message_id is not null;
