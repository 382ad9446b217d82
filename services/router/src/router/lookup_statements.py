"""The statements of the look-ups: all that a batch reads, all that it writes, and a queue when somebody is free."""

from __future__ import annotations

from typing import Final

READ: Final = """
WITH hits AS MATERIALIZED (
  SELECT t.inbox_id, t.key_hash, t.conversation_id, t.received
  FROM unnest(%(key_inboxes)b::uuid[], %(key_hashes)b::bytea[]) AS k(inbox_id, key_hash)
  JOIN router.thread_keys t ON t.inbox_id = k.inbox_id AND t.key_hash = k.key_hash
), asked AS MATERIALIZED (
  SELECT conversation_id FROM hits UNION SELECT unnest(%(conversations)b::uuid[])
), survivors AS MATERIALIZED (
  SELECT k.contact_id FROM unnest(%(erasing)b::uuid[]) AS k(contact_id)
  UNION SELECT o.survivor_id FROM router.merged o WHERE o.contact_id = ANY(%(erasing)b::uuid[])
), gone AS MATERIALIZED (
  SELECT contact_id FROM survivors
  UNION SELECT m.contact_id FROM survivors s JOIN router.merged m ON m.survivor_id = s.contact_id
)
SELECT 'd', d.inbox_id, NULL::uuid, d.dedupe_key, NULL::bytea, NULL::bytea, NULL::bigint, NULL::timestamptz
FROM unnest(%(dedupe_inboxes)b::uuid[], %(dedupe_keys)b::text[]) AS k(inbox_id, dedupe_key)
JOIN router.dedupe d ON d.inbox_id = k.inbox_id AND d.dedupe_key = k.dedupe_key
UNION ALL
SELECT 'k', inbox_id, conversation_id, NULL, key_hash, NULL, received::int::bigint, NULL FROM hits
UNION ALL
SELECT 'p', p.conversation_id, NULL, NULL, p.handle_hash, NULL, p.side::int::bigint, NULL
FROM asked JOIN router.participants p ON p.conversation_id = asked.conversation_id
UNION ALL
SELECT 'x', s.conversation_id, s.successor_id, NULL, NULL, NULL, s.merged::int::bigint, NULL
FROM asked JOIN router.successors s ON s.conversation_id = asked.conversation_id
UNION ALL
SELECT 'x', s.conversation_id, s.successor_id, NULL, NULL, NULL, 1::bigint, NULL
FROM asked JOIN router.successors s ON s.successor_id = asked.conversation_id AND s.merged
UNION ALL
SELECT 'h', coalesce(m.survivor_id, h.contact_id), h.contact_id, h.kind, h.handle_hash, NULL,
       (b.contact_id IS NOT NULL)::int::bigint, NULL
FROM unnest(%(handle_kinds)b::text[], %(handle_hashes)b::bytea[]) AS k(kind, handle_hash)
JOIN router.handles h ON h.kind = k.kind AND h.handle_hash = k.handle_hash
LEFT JOIN router.merged m ON m.contact_id = h.contact_id
LEFT JOIN router.blocked b ON b.contact_id = coalesce(m.survivor_id, h.contact_id)
UNION ALL
SELECT 'c', d.company_id, NULL, d.domain, NULL, NULL, NULL, NULL
FROM unnest(%(domains)b::text[]) AS k(domain) JOIN router.company_domains d ON d.domain = k.domain
UNION ALL
SELECT 'm', m.contact_id, m.survivor_id, NULL, NULL, NULL, NULL, NULL
FROM (SELECT k.contact_id FROM unnest(%(people)b::uuid[]) AS k(contact_id)
      UNION SELECT o.survivor_id FROM router.merged o WHERE o.contact_id = ANY(%(people)b::uuid[])) AS s
JOIN router.merged m ON m.survivor_id = s.contact_id
UNION ALL
SELECT 'q', NULL, NULL, NULL, q.handle_hash, NULL, NULL, q.told_at
FROM unnest(%(handle_hashes)b::bytea[]) AS k(handle_hash)
JOIN router.acknowledged q ON q.handle_hash = k.handle_hash
UNION ALL
SELECT 'w', NULL, NULL, NULL, w.handle_hash, NULL, NULL, NULL
FROM unnest(%(strangers)b::bytea[]) AS k(handle_hash) JOIN router.corresponded w ON w.handle_hash = k.handle_hash
UNION ALL
SELECT 'e', h.contact_id, h.conversation_id, NULL, NULL, NULL, NULL, NULL
FROM gone AS k JOIN router.holdings h ON h.contact_id = k.contact_id
UNION ALL
SELECT 'f', h.contact_id, f.stream_id, NULL, NULL, NULL, NULL, NULL
FROM gone AS k
JOIN router.handles h ON h.contact_id = k.contact_id JOIN router.filtered f ON f.handle_hash = h.handle_hash
UNION ALL
SELECT 'f', f.contact_id, f.stream_id, NULL, NULL, NULL, NULL, NULL
FROM gone AS k JOIN router.filtered f ON f.contact_id = k.contact_id
UNION ALL
SELECT 'o', o.command_id, NULL, NULL, o.request_hash, o.outcome, NULL, NULL
FROM unnest(%(commands)b::uuid[]) AS k(command_id) JOIN router.command_outcomes o ON o.command_id = k.command_id
UNION ALL
SELECT 'a', agent_id, NULL, NULL, NULL, NULL, open_conversations::bigint, last_assigned_at FROM router.agent_load
UNION ALL
SELECT 't', team_id, NULL, NULL, NULL, NULL, waiting::bigint, NULL FROM router.team_load
UNION ALL
SELECT 's', NULL, NULL, NULL, NULL, NULL, count(*), NULL
FROM unnest(%(topics)b::text[], %(partitions)b::int[], %(firsts)b::bigint[]) AS m (t, p, e)
JOIN router.offsets o ON o.topic = m.t AND o.partition = m.p AND o.next_offset = m.e
UNION ALL
SELECT 'l', l.conversation_id, l.ticket_id, NULL, NULL, NULL, NULL, NULL
FROM (SELECT conversation_id FROM asked UNION SELECT unnest(%(ticketed)b::uuid[])) AS a
JOIN router.ticket_links l ON l.conversation_id = a.conversation_id
UNION ALL
SELECT 'u', t.contact_id, t.ticket_id, NULL, NULL, NULL, NULL, NULL
FROM gone AS k JOIN router.tickets t ON t.contact_id = k.contact_id
UNION ALL
SELECT 'g', s.pipeline_id, NULL, s.stage, NULL, NULL, s.tickets, NULL
FROM unnest(%(pipelines)b::uuid[]) AS k(pipeline_id) JOIN router.ticket_stages s ON s.pipeline_id = k.pipeline_id
UNION ALL
SELECT 'n', NULL, NULL, name, NULL, NULL, last, NULL FROM router.numbers
"""

WAITING: Final = """
SELECT c.waiting_since, c.conversation_id, c.team_id
FROM unnest(%(teams)b::uuid[], %(mosts)b::int[]) AS t(team_id, most)
CROSS JOIN LATERAL (
  SELECT waiting_since, conversation_id, team_id FROM router.conversations w
  WHERE w.team_id = t.team_id AND w.waiting_since IS NOT NULL AND w.conversation_id <> ALL(%(changed)b::uuid[])
    AND (w.team_id, w.inbox_id) NOT IN (SELECT * FROM unnest(%(blind_teams)b::uuid[], %(unseen)b::uuid[]))
  ORDER BY w.waiting_since, w.conversation_id LIMIT t.most
) AS c
"""
"""The head of each team's queue, without the conversations that the batch has changed, and those of inboxes that nobody
there with room sees."""

DRAINS: Final = "SELECT agent_id, reason, cause_id, correlation_id FROM router.queue_drains ORDER BY agent_id"

_WRITE: Final = """
WITH moved AS (
  UPDATE router.offsets o SET next_offset = m.n, last_id = m.i
  FROM unnest(%(topics)b::text[], %(partitions)b::int[], %(firsts)b::bigint[], %(nexts)b::bigint[], %(lasts)b::text[])
       AS m (t, p, e, n, i)
  WHERE o.topic = m.t AND o.partition = m.p AND o.next_offset = m.e
  RETURNING 1
), gone_hashes AS (
  DELETE FROM router.handles WHERE contact_id = ANY(%(erased)b::uuid[]) RETURNING handle_hash
), gone_participants AS (
  DELETE FROM router.participants p USING gone_hashes g WHERE p.handle_hash = g.handle_hash
), gone_told AS (
  DELETE FROM router.acknowledged q USING gone_hashes g WHERE q.handle_hash = g.handle_hash
), gone_corresponded AS (
  DELETE FROM router.corresponded q USING gone_hashes g WHERE q.handle_hash = g.handle_hash
), gone_thread_keys AS (
  DELETE FROM router.thread_keys WHERE contact_id = ANY(%(erased)b::uuid[])
), gone_dedupe AS (
  DELETE FROM router.dedupe WHERE contact_id = ANY(%(erased)b::uuid[])
), gone_holdings AS (
  DELETE FROM router.holdings WHERE contact_id = ANY(%(erased)b::uuid[])
), gone_filtered AS (
  DELETE FROM router.filtered WHERE stream_id = ANY(%(erased)b::uuid[])
), gone_blobs AS (
  DELETE FROM router.blobs
  WHERE contact_id = ANY(%(erased)b::uuid[]) OR (name = ANY(%(blobs_done)b::text[]) AND contact_id IS NULL)
  RETURNING name
), new_blobs_to_delete AS (
  INSERT INTO router.blobs_to_delete (name) SELECT name FROM gone_blobs ON CONFLICT DO NOTHING
), gone_keys AS (
  UPDATE keyring.keys k SET wrapped = NULL, erased_at = e.erased_at
  FROM unnest(%(erased)b::uuid[], %(erased_at)b::timestamptz[]) AS e(key_id, erased_at)
  WHERE k.key_id = e.key_id AND k.wrapped IS NOT NULL
), gone_names AS (
  DELETE FROM router.handles h
  USING unnest(%(renamed)b::uuid[], %(renamed_hashes)b::bytea[]) AS r(agent_id, handle_hash)
  WHERE h.contact_id = r.agent_id AND h.handle_hash <> r.handle_hash
), new_keys AS (
  INSERT INTO keyring.keys (key_id, wrapped)
  SELECT * FROM unnest(%(key_ids)b::uuid[], %(wrapped)b::bytea[])
), new_dedupe AS (
  INSERT INTO router.dedupe (inbox_id, dedupe_key, contact_id, seen_at)
  SELECT * FROM unnest(%(dedupe_inboxes)b::uuid[], %(dedupe_keys)b::text[], %(dedupe_contacts)b::uuid[],
                       %(dedupe_at)b::timestamptz[])
), new_thread_keys AS (
  INSERT INTO router.thread_keys (inbox_id, key_hash, conversation_id, contact_id, received)
  SELECT * FROM unnest(%(thread_inboxes)b::uuid[], %(thread_hashes)b::bytea[], %(thread_conversations)b::uuid[],
                       %(thread_contacts)b::uuid[], %(thread_received)b::boolean[])
  {on_taken_key}
), received_keys AS (
  UPDATE router.thread_keys t SET received = true
  FROM unnest(%(received_inboxes)b::uuid[], %(received_hashes)b::bytea[]) AS r(inbox_id, key_hash)
  WHERE t.inbox_id = r.inbox_id AND t.key_hash = r.key_hash
), new_participants AS (
  INSERT INTO router.participants (conversation_id, handle_hash, side)
  SELECT * FROM unnest(%(participant_conversations)b::uuid[], %(participant_hashes)b::bytea[],
                       %(participant_sides)b::boolean[])
  ON CONFLICT (conversation_id, handle_hash) DO UPDATE SET side = false WHERE participants.side AND NOT excluded.side
), new_handles AS (
  INSERT INTO router.handles (kind, handle_hash, contact_id)
  SELECT * FROM unnest(%(handle_kinds)b::text[], %(handle_hashes)b::bytea[], %(handle_contacts)b::uuid[])
  {on_taken_handle}
), new_told AS (
  INSERT INTO router.acknowledged (handle_hash, told_at)
  SELECT * FROM unnest(%(told)b::bytea[], %(told_at)b::timestamptz[])
  ON CONFLICT (handle_hash) DO UPDATE SET told_at = excluded.told_at
), new_holdings AS (
  INSERT INTO router.holdings (contact_id, conversation_id)
  SELECT * FROM unnest(%(holding_contacts)b::uuid[], %(holding_conversations)b::uuid[]) ON CONFLICT DO NOTHING
), new_conversations AS (
  INSERT INTO router.conversations (conversation_id, inbox_id, contact_id, status, assignee_id, team_id, waiting_since)
  SELECT * FROM unnest(%(conversation_ids)b::uuid[], %(inbox_ids)b::uuid[], %(contact_ids)b::uuid[],
                       %(statuses)b::text[], %(assignees)b::uuid[], %(teams)b::uuid[], %(waiting)b::timestamptz[])
  ON CONFLICT (conversation_id) DO UPDATE
  SET inbox_id = excluded.inbox_id, contact_id = excluded.contact_id, status = excluded.status,
      assignee_id = excluded.assignee_id, team_id = excluded.team_id,
      waiting_since = excluded.waiting_since
), new_agent_load AS (
  INSERT INTO router.agent_load (agent_id, open_conversations, last_assigned_at)
  SELECT * FROM unnest(%(agents)b::uuid[], %(agent_open)b::int[], %(agent_last)b::timestamptz[])
  ON CONFLICT (agent_id) DO UPDATE
  SET open_conversations = excluded.open_conversations, last_assigned_at = excluded.last_assigned_at
), new_team_load AS (
  INSERT INTO router.team_load (team_id, waiting) SELECT * FROM unnest(%(load_teams)b::uuid[], %(team_waiting)b::int[])
  ON CONFLICT (team_id) DO UPDATE SET waiting = excluded.waiting
), new_number AS (
  UPDATE router.numbers SET last = %(last_number)b::bigint
  WHERE name = 'conversation' AND last < %(last_number)b::bigint
), new_timers AS (
  INSERT INTO router.timers (timer_id, conversation_id, due_at, kind)
  SELECT * FROM unnest(%(timers)b::uuid[], %(timer_conversations)b::uuid[], %(timer_due)b::timestamptz[],
                       %(timer_kinds)b::text[])
), gone_timers AS (
  DELETE FROM router.timers WHERE timer_id = ANY(%(timers_done)b::uuid[])
), new_blobs AS (
  INSERT INTO router.blobs (name, conversation_id, contact_id)
  SELECT * FROM unnest(%(blobs)b::text[], %(blob_conversations)b::uuid[], %(blob_contacts)b::uuid[])
  ON CONFLICT (name) DO UPDATE SET conversation_id = excluded.conversation_id, contact_id = excluded.contact_id
  WHERE blobs.contact_id IS NULL AND excluded.contact_id IS NOT NULL
), new_filtered AS (
  INSERT INTO router.filtered (stream_id, handle_hash)
  SELECT * FROM unnest(%(filtered)b::uuid[], %(filtered_hashes)b::bytea[])
), new_drains AS (
  INSERT INTO router.queue_drains (agent_id, reason, cause_id, correlation_id)
  SELECT * FROM unnest(%(drains)b::uuid[], %(drain_reasons)b::text[], %(drain_causes)b::uuid[],
                       %(drain_correlations)b::uuid[])
  ON CONFLICT DO NOTHING
), gone_drains AS (
  DELETE FROM router.queue_drains WHERE agent_id = ANY(%(drains_done)b::uuid[])
), new_outcomes AS (
  INSERT INTO router.command_outcomes (command_id, request_hash, outcome, handled_at)
  SELECT * FROM unnest(%(outcome_ids)b::uuid[], %(request_hashes)b::bytea[], %(outcomes)b::bytea[],
                       %(outcome_at)b::timestamptz[])
)
SELECT count(*) FROM moved
"""
WRITE: Final = _WRITE.format(on_taken_key="", on_taken_handle="")
"""For a live batch: what is taken is a conflict."""
REBUILD: Final = _WRITE.format(
    on_taken_key="ON CONFLICT (inbox_id, key_hash) DO UPDATE SET received = thread_keys.received OR excluded.received",
    on_taken_handle="ON CONFLICT (kind, handle_hash) DO UPDATE SET contact_id = excluded.contact_id"
    " WHERE handles.kind = 'agent'",
)
"""For writing without having read: the first holder of a key or handle keeps it."""
