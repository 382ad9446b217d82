/** What can be done to a conversation: what it makes of it, what takes it back, and how the API is asked; pure. */

import type { BulkAsked, Conversation } from '#lib/api/client.ts';

export type Status = Conversation['status'];
export type PriorityName = Conversation['priority'];

export type Wish =
  /** A team that is left out stays as it is. */
  | { kind: 'assign'; agent_id: string | null; team_id?: string | null }
  | { kind: 'status'; status: Status; until?: string | null; block?: 'sender' | 'domain' }
  | { kind: 'add_label' | 'remove_label'; label: string }
  | { kind: 'priority'; priority: PriorityName }
  | { kind: 'move'; inbox_id: string }
  | { kind: 'read' | 'unread' | 'mute' | 'unmute' | 'follow' | 'unfollow' };

export type BulkCommand = BulkAsked['command'];

const same = (one: string, other: string) => one.toLocaleLowerCase() === other.toLocaleLowerCase();

/** What a conversation will look like; `me` is who wishes. */
export function assumed(wish: Wish, one: Conversation, me: string): Partial<Conversation> {
  switch (wish.kind) {
    case 'assign':
      return { assignee_id: wish.agent_id, ...(wish.team_id === undefined ? {} : { team_id: wish.team_id }) };
    case 'status':
      return { status: wish.status, snoozed_until: wish.status === 'snoozed' ? (wish.until ?? null) : null };
    case 'add_label':
      return one.labels.some((label) => same(label, wish.label)) ? {} : { labels: [...one.labels, wish.label] };
    case 'remove_label':
      return { labels: one.labels.filter((label) => !same(label, wish.label)) };
    case 'priority':
      return { priority: wish.priority };
    case 'move':
      return { inbox_id: wish.inbox_id };
    case 'read':
      return { unread: false };
    case 'unread':
      return { unread: true };
    case 'mute':
      return { muted: true };
    case 'unmute':
      return { muted: false };
    case 'follow':
      return { follower_ids: [...one.follower_ids.filter((id) => id !== me), me] };
    case 'unfollow':
      return { follower_ids: one.follower_ids.filter((id) => id !== me) };
  }
}

/** Whether it is so already. */
export function holds(wish: Wish, one: Conversation, me: string): boolean {
  // A mark that is renewed, or a snooze with another time, is a change even where it looks alike.
  const change = assumed(wish, one, me);
  return Object.entries(change).every(
    ([name, value]) => JSON.stringify(one[name as keyof Conversation]) === JSON.stringify(value),
  );
}

/** What makes a conversation again what it was; null: nothing to take back. */
export function inverse(wish: Wish, before: Conversation, me: string): Wish | null {
  if (holds(wish, before, me)) return null;
  switch (wish.kind) {
    case 'assign':
      return { kind: 'assign', agent_id: before.assignee_id, team_id: before.team_id };
    case 'status':
      return before.status === 'snoozed'
        ? { kind: 'status', status: 'snoozed', until: before.snoozed_until }
        : { kind: 'status', status: before.status };
    case 'add_label':
      return { kind: 'remove_label', label: wish.label };
    case 'remove_label':
      return { kind: 'add_label', label: before.labels.find((label) => same(label, wish.label)) ?? wish.label };
    case 'priority':
      return { kind: 'priority', priority: before.priority };
    case 'move':
      return { kind: 'move', inbox_id: before.inbox_id };
    case 'read':
      return { kind: 'unread' };
    case 'unread':
      return { kind: 'read' };
    case 'mute':
      return { kind: 'unmute' };
    case 'unmute':
      return { kind: 'mute' };
    case 'follow':
      return { kind: 'unfollow' };
    case 'unfollow':
      return { kind: 'follow' };
  }
}

/** An assignment as the API takes it. */
export function assignment(wish: Extract<Wish, { kind: 'assign' }>) {
  return { agent_id: wish.agent_id, team_id: wish.team_id ?? null, keep_team: wish.team_id === undefined };
}

/** The wish for many at once; null where the API takes it for one conversation only. */
export function bulkCommand(wish: Wish): BulkCommand | null {
  switch (wish.kind) {
    case 'assign':
      return { type: 'assignment', ...assignment(wish) };
    case 'status':
      return {
        type: 'status',
        status: wish.status,
        ...(wish.until ? { until: wish.until } : {}),
        ...(wish.block ? { block: wish.block } : {}),
      };
    case 'add_label':
    case 'remove_label':
      return { type: wish.kind, label: wish.label };
    case 'priority':
      return { type: 'priority', priority: wish.priority };
    case 'move':
      return { type: 'inbox', inbox_id: wish.inbox_id };
    case 'read':
    case 'unread':
    case 'mute':
    case 'unmute':
      return { type: wish.kind };
    default:
      return null;
  }
}

/** Conversations with the same way back go together: `[wish, ids]`. */
export function waysBack(wish: Wish, before: Conversation[], me: string): [Wish, string[]][] {
  const found = new Map<string, [Wish, string[]]>();
  for (const one of before) {
    const back = inverse(wish, one, me);
    if (!back) continue;
    const key = JSON.stringify(back);
    const group = found.get(key) ?? [back, []];
    group[1].push(one.id);
    found.set(key, group);
  }
  return [...found.values()];
}

/** The name of a wish in the catalogue: `actions.done_<name>`, `actions.failed_<name>`, `actions.ask_<name>`. */
export function nameOf(wish: Wish): string {
  if (wish.kind === 'status') return wish.status;
  if (wish.kind === 'assign') return wish.agent_id === null && !wish.team_id ? 'unassign' : 'assign';
  return wish.kind;
}
