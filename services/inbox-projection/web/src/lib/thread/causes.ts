/** What an activity came of where no record of a decision tells it; pure. */

import type { Message } from '#lib/api/client.ts';

/** A key of the catalogue for who or what it was; null: the line says all that is known. */
export function causeOf(line: Message): string | null {
  const type = line.activity?.type ?? '';
  const details = (line.activity?.details ?? {}) as { reason?: string; filter_id?: string | null };
  if (line.kind !== 'activity' || type === 'ConversationRouted' || type === 'ConversationStarted') return null;
  if (details.filter_id) return 'why.by_filter';
  if (type === 'ConversationReopened' && BY_WHAT_HAPPENED.has(details.reason ?? '')) return `why.by_${details.reason}`;
  if (type === 'SnoozeElapsed' || type === 'TrashElapsed') return 'why.by_time';
  if (line.author.kind === 'agent') return 'why.by_agent';
  if (line.author.kind === 'contact') return 'why.by_contact';
  if (line.author.kind === 'rule') return 'why.by_rule';
  return null;
}

const BY_WHAT_HAPPENED = new Set(['message', 'reply_failed', 'reply_uncertain', 'reply_cancelled']);
