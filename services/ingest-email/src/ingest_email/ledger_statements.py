"""The SQL of the delivery ledger."""

from __future__ import annotations

from typing import Final

_GONE: Final = "pg_try_advisory_xact_lock(hashtextextended({}::text, 0))"
RETURNED: Final = """d.reply_id, d.lease_id, d.state, d.attempt, d.requested_at, d.recipients,
       d.event_id, d.correlation_id, d.record, d.channel_id"""
_FIRST: Final = """NOT EXISTS (SELECT FROM ingest_email.deliveries e
                    WHERE e.conversation_id = d.conversation_id AND e.queued < d.queued AND e.settled_at IS NULL)"""
_RELAYED: Final = """waiting (channel_id) AS (
    (SELECT channel_id FROM ingest_email.deliveries WHERE due_at IS NOT NULL ORDER BY channel_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.channel_id FROM ingest_email.deliveries d
             WHERE d.due_at IS NOT NULL AND d.channel_id > before.channel_id ORDER BY d.channel_id LIMIT 1)
      FROM waiting AS before WHERE before.channel_id IS NOT NULL),
by_relay AS (
    SELECT channel_id FROM waiting WHERE channel_id IS NOT NULL AND channel_id <> ALL (%(channels)s::uuid[]))"""
"""The channels with waiting replies that go by the relay: one step in the index for each channel that has any, however
many replies wait."""
_LANES: Final = """unnest(%(channels)s::uuid[], %(rooms)s::int[], %(befores)s::timestamptz[], %(suspects)s::boolean[])
           AS lane (channel_id, room, before, suspect)"""

INSERT: Final = """
INSERT INTO ingest_email.deliveries AS d
       (reply_id, conversation_id, event_id, workspace_id, correlation_id, channel_id, record, attempt, after_attempt,
        requested_at, due_at)
SELECT reply_id, conversation_id, event_id, workspace_id, correlation_id, channel_id, record, attempt, attempt,
       t.now, t.now
  FROM (SELECT %s::uuid[] a, %s::uuid[] b, %s::uuid[] c, %s::uuid[] d, %s::uuid[] e, %s::uuid[] f, %s::bytea[] g,
               %s::int[] h, %s::timestamptz AS now) t,
       unnest(a, b, c, d, e, f, g, h) WITH ORDINALITY
       AS u (reply_id, conversation_id, event_id, workspace_id, correlation_id, channel_id, record, attempt, n)
 ORDER BY n
    ON CONFLICT (reply_id) DO UPDATE
   SET event_id = excluded.event_id, correlation_id = excluded.correlation_id, record = excluded.record,
       state = 'requested', attempt = excluded.attempt, after_attempt = excluded.after_attempt, recipients = '[]',
       requested_at = excluded.requested_at, due_at = excluded.due_at, settled_at = NULL
 WHERE d.settled_at IS NOT NULL AND d.event_id <> excluded.event_id AND d.attempt <= excluded.attempt
       AND excluded.attempt > 0
"""

CANCEL: Final = """
UPDATE ingest_email.deliveries
   SET state = 'failed', settled_at = %s, due_at = NULL, record = NULL
 WHERE reply_id = ANY (%s) AND settled_at IS NULL AND lease_id IS NULL AND attempt = after_attempt
"""

TAKE_DOUBTFUL: Final = f"""
UPDATE ingest_email.deliveries d
   SET state = 'attempting', due_at = NULL, lease_id = gen_random_uuid(), leased_by = %(instance)s,
       leased_in = %(incarnation)s, leased_until = %(now)s
 WHERE d.reply_id = ANY (%(replies)s) AND d.settled_at IS NULL AND d.state IN ('unknown', 'attempting')
       AND convert_from(d.recipients, 'UTF8')::jsonb @? '$[*].standing ? (@ == "doubtful" || @ == "unknown")'
RETURNING {RETURNED}
"""  # noqa: S608

LEASE: Final = f"""
WITH RECURSIVE {_RELAYED},
relayed AS (
    SELECT d.reply_id
      FROM ingest_email.deliveries d
     WHERE d.due_at <= %(relay_before)s
       AND d.reply_id = ANY (ARRAY(
           SELECT own.reply_id
             FROM by_relay
            CROSS JOIN LATERAL (SELECT d.reply_id, d.due_at, d.queued
                                  FROM ingest_email.deliveries d
                                 WHERE d.channel_id = by_relay.channel_id AND d.due_at <= %(relay_before)s AND {_FIRST}
                                 ORDER BY d.due_at, d.queued
                                 LIMIT %(relay_room)s) AS own
            WHERE %(relay_room)s > 0
            ORDER BY own.due_at, own.queued
            LIMIT %(relay_room)s))
       FOR UPDATE OF d SKIP LOCKED),
by_channel AS (
    SELECT lane.suspect, own.reply_id, own.due_at
      FROM {_LANES}
     CROSS JOIN LATERAL (SELECT d.reply_id, d.due_at
                           FROM ingest_email.deliveries d
                          WHERE d.channel_id = lane.channel_id AND d.due_at <= lane.before AND {_FIRST}
                          ORDER BY d.due_at, d.queued
                          LIMIT lane.room
                            FOR UPDATE OF d SKIP LOCKED) AS own),
ranked AS (
    SELECT reply_id, suspect, row_number() OVER (PARTITION BY suspect ORDER BY due_at) AS place FROM by_channel),
due AS (
    SELECT reply_id FROM relayed
    UNION ALL
    SELECT reply_id FROM ranked
     WHERE place <= CASE WHEN suspect THEN %(suspect_places)s::int ELSE %(known_places)s::int END)
UPDATE ingest_email.deliveries d
   SET state = 'attempting', attempt = d.attempt + 1, due_at = NULL, lease_id = gen_random_uuid(),
       leased_by = %(instance)s, leased_in = %(incarnation)s, leased_until = %(until)s
  FROM due
 WHERE d.reply_id = due.reply_id
RETURNING {RETURNED}
"""  # noqa: S608

HASTEN: Final = f"""
WITH RECURSIVE {_RELAYED},
hurried AS (
    SELECT unnest(%(hurried)s::uuid[]) AS channel_id
    UNION
    SELECT channel_id FROM by_relay WHERE %(relay)s),
late AS (
    SELECT own.reply_id
      FROM hurried
     CROSS JOIN LATERAL (SELECT d.reply_id
                           FROM ingest_email.deliveries d
                          WHERE d.channel_id = hurried.channel_id AND d.due_at > %(now)s
                          ORDER BY d.due_at, d.queued
                          LIMIT %(limit)s) AS own
     LIMIT %(limit)s)
UPDATE ingest_email.deliveries d
   SET due_at = %(now)s
  FROM late
 WHERE d.reply_id = late.reply_id AND d.due_at > %(now)s
"""  # noqa: S608

DATA_SENT: Final = """
UPDATE ingest_email.deliveries
   SET state = 'data_sent', recipients = %s, leased_until = %s
 WHERE reply_id = %s AND lease_id = %s AND state = 'attempting'
"""

SETTLE: Final = """
UPDATE ingest_email.deliveries
   SET state = %s, recipients = %s, due_at = %s, settled_at = %s::timestamptz,
       record = CASE WHEN %s::timestamptz IS NULL THEN record END,
       lease_id = NULL, leased_by = NULL, leased_in = NULL, leased_until = NULL
 WHERE reply_id = %s AND lease_id = %s
"""

STRANDED: Final = f"""
SELECT {RETURNED}
  FROM ingest_email.deliveries d
 WHERE d.lease_id IS NOT NULL
   AND CASE WHEN d.leased_in = %(incarnation)s THEN d.lease_id <> ALL (%(active)s::uuid[])
            WHEN d.leased_until <= %(now)s THEN true
            WHEN d.leased_by = %(instance)s THEN {_GONE.format("d.leased_in")}
            ELSE false END
 ORDER BY d.queued
 LIMIT 100
   FOR UPDATE OF d SKIP LOCKED
"""  # noqa: S608

REPORT: Final = """
INSERT INTO ingest_email.delivery_reports
       (report_id, reply_id, kind, attempt, code, reason, can_retry, made_at, made_by, made_in)
SELECT u.*, %s, %s, %s
  FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::text[], %s::text[], %s::boolean[]) AS u
    ON CONFLICT (report_id) DO NOTHING
"""

UNREPORTED: Final = f"""
SELECT r.report_id, r.kind, r.attempt, r.code, r.reason, r.can_retry, r.made_at,
       d.reply_id, d.conversation_id, d.event_id, d.workspace_id, d.correlation_id
  FROM ingest_email.delivery_reports r JOIN ingest_email.deliveries d USING (reply_id)
 WHERE r.reported_at IS NULL AND CASE WHEN r.made_in = %s THEN true
            WHEN r.made_by = %s THEN {_GONE.format("r.made_in")}
            ELSE r.made_at <= %s END
 ORDER BY r.number
 LIMIT %s
"""  # noqa: S608

REPORTED: Final = """
UPDATE ingest_email.delivery_reports SET reported_at = %s, reason = '' WHERE report_id = ANY (%s)
"""

NEXT_DUE: Final = f"""
WITH RECURSIVE {_RELAYED}
SELECT least((SELECT min(own.due_at)
                FROM by_relay
               CROSS JOIN LATERAL (SELECT d.due_at FROM ingest_email.deliveries d
                                    WHERE d.channel_id = by_relay.channel_id AND d.due_at IS NOT NULL AND {_FIRST}
                                    ORDER BY d.due_at, d.queued LIMIT 1) AS own
               WHERE %(relay_room)s > 0),
             (SELECT min(own.due_at)
                FROM {_LANES}
               CROSS JOIN LATERAL (SELECT d.due_at FROM ingest_email.deliveries d
                                    WHERE d.channel_id = lane.channel_id AND d.due_at IS NOT NULL
                                      AND lane.room > 0 AND {_FIRST}
                                    ORDER BY d.due_at, d.queued LIMIT 1) AS own),
             (SELECT min(leased_until) FROM ingest_email.deliveries WHERE lease_id IS NOT NULL))
"""  # noqa: S608

COUNTS: Final = """
SELECT state, count(*) FROM ingest_email.deliveries WHERE settled_at IS NULL GROUP BY state
UNION ALL
SELECT 'unreported', count(*) FROM ingest_email.delivery_reports WHERE reported_at IS NULL
"""

PRUNE: Final = """
DELETE FROM ingest_email.deliveries d
 WHERE d.settled_at < %s
   AND NOT EXISTS (SELECT FROM ingest_email.delivery_reports r WHERE r.reply_id = d.reply_id AND r.reported_at IS NULL)
"""

HOLD: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
