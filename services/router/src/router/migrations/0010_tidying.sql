-- Conversations in which others go on: those that stand for them (merged), or that a message began which came too late.
CREATE TABLE router.successors (
    conversation_id uuid PRIMARY KEY,
    successor_id    uuid NOT NULL,
    merged          boolean NOT NULL
);
CREATE INDEX successors_merged ON router.successors (successor_id) WHERE merged;
COMMENT ON TABLE router.successors IS
    'Where conversations go on: merged, all that comes to them does; else what comes when they are over.';

-- Conversations in the trash are gone for good when their timer is due.
ALTER TABLE router.timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE router.timers ADD CONSTRAINT timers_kind_check CHECK (kind IN ('snooze', 'reply', 'trash'));
COMMENT ON TABLE router.timers IS
    'Snoozed conversations that come back, replies that wait, trash to be emptied; a row goes when its command is handled.';
