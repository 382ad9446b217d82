/** Whether a conversation can still belong to a list, as far as it says so itself; pure. */

import type { Conversation, ViewFilterAsked } from '#lib/api/client.ts';

const same = (one: string, other: string) => one.toLocaleLowerCase() === other.toLocaleLowerCase();

/** False: it surely does not. What only the API can tell (mentions, days) is taken for true. */
export function mayBelong(one: Conversation, filter: ViewFilterAsked, me: string): boolean {
  const { status = [], assignee_id, label = [], channel = [] } = filter;
  if (status.length > 0 && !status.includes(one.status)) return false;
  if (filter.inbox_id && filter.inbox_id !== one.inbox_id) return false;
  if (assignee_id === 'none' && one.assignee_id !== null) return false;
  if (assignee_id === 'me' && one.assignee_id !== me) return false;
  if (assignee_id && assignee_id !== 'me' && assignee_id !== 'none' && assignee_id !== one.assignee_id) return false;
  if (filter.team_id && filter.team_id !== one.team_id) return false;
  if (label.length > 0 && !label.some((name) => one.labels.some((own) => same(own, name)))) return false;
  if (channel.length > 0 && !(channel as string[]).includes(one.channel)) return false;
  // Whose turn it is changes with the status; only while somebody waits is it worth a look.
  return !(filter.waiting_on && filter.waiting_on !== one.waiting_on);
}
