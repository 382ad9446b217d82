-- Replies that wait: their timers become another command than those of snoozed conversations.
ALTER TABLE router.timers ADD COLUMN kind text NOT NULL DEFAULT 'snooze' CHECK (kind IN ('snooze', 'reply'));
COMMENT ON TABLE router.timers IS
    'Snoozed conversations that come back, replies that wait; a row goes when its command is handled.';
