-- Routing as people set it up: who answered a contact last, and what agents who left still have.
CREATE TABLE router.last_agents (
    contact_id  uuid PRIMARY KEY,
    agent_id    uuid NOT NULL,
    answered_at timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE router.last_agents IS
    'Who answered each contact last. Of replies from before this table: `python -m router lookups rebuild`.';

CREATE TABLE router.handbacks (
    agent_id       uuid NOT NULL,
    inbox_id       uuid,
    cause_id       uuid NOT NULL,
    correlation_id uuid NOT NULL,
    UNIQUE NULLS NOT DISTINCT (agent_id, inbox_id)
);
COMMENT ON TABLE router.handbacks IS
    'Agents who left an inbox (null: all of them) and whose conversations there go back slice by slice; a row goes with'
    ' the last slice. Not of the events.';

CREATE INDEX conversations_held ON router.conversations (assignee_id, inbox_id, conversation_id)
    WHERE assignee_id IS NOT NULL AND status IN ('open', 'snoozed');
