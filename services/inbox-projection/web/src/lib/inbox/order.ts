/** The order of a list, and where what changed goes in it; pure. */

import type { Conversation } from '#lib/api/client.ts';
import type { Sort } from './listing.ts';

const PRIORITIES: Conversation['priority'][] = ['urgent', 'high', 'normal', 'low'];

const text = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
const newest = (one: Conversation, other: Conversation) =>
  text(other.last_message_at, one.last_message_at) || text(other.id, one.id);

/** Below 0: the one comes before the other, as the API orders them. */
export function compare(sort: Sort): (one: Conversation, other: Conversation) => number {
  switch (sort) {
    case 'newest':
      return newest;
    case 'oldest':
      return (one, other) => -newest(one, other);
    case 'waiting': {
      const part = (one: Conversation) => (one.waiting_on === 'us' && one.waiting_since ? 0 : 1);
      return (one, other) => {
        if (part(one) !== part(other)) return part(one) - part(other);
        if (part(one) === 1) return newest(one, other);
        return text(one.waiting_since ?? '', other.waiting_since ?? '') || text(one.id, other.id);
      };
    }
    case 'priority':
      return (one, other) =>
        PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority) || newest(one, other);
  }
}

export interface Placed {
  rows: Conversation[];
  /** New or moved up while the list is not at its top: shown when the agent asks for them. */
  held: Conversation[];
}

export interface Change {
  /** These belong to the list, as they are now. */
  there: Conversation[];
  /** These do not. */
  gone: ReadonlySet<string>;
  sort: Sort;
  /** Whether the whole list is loaded; else what would come after the last row is not taken in. */
  whole: boolean;
  /** Nothing may move: what is new waits, what is there keeps its place. */
  hold: boolean;
}

/** The list after a change. Rows that are held keep their place with what they say now. */
export function placed(rows: readonly Conversation[], held: readonly Conversation[], change: Change): Placed {
  const order = compare(change.sort);
  const fresh = new Map(change.there.map((one) => [one.id, one]));
  const stay = rows.filter((one) => !change.gone.has(one.id));
  const waits = held.filter((one) => !change.gone.has(one.id) && !fresh.has(one.id));

  if (!change.hold) {
    const all = new Map([...stay, ...waits].map((one) => [one.id, one]));
    for (const one of change.there) all.set(one.id, one);
    const sorted = [...all.values()].sort(order);
    const last = rows.at(-1);
    if (change.whole || !last) return { rows: sorted, held: [] };
    // What sorts after the last loaded row comes with its page.
    const end = sorted.findLastIndex(
      (one) => order(one, last) <= 0 || stay.some((row) => row.id === one.id && !fresh.has(one.id)),
    );
    return { rows: sorted.slice(0, end + 1), held: [] };
  }

  const there = new Set(stay.map((one) => one.id));
  const last = stay.at(-1);
  const next = stay.map((one) => fresh.get(one.id) ?? one);
  const moved = change.there.filter((one) => {
    const at = stay.findIndex((row) => row.id === one.id);
    const before = at > 0 ? next[at - 1] : undefined;
    return at >= 0 && before !== undefined && order(one, before) < 0;
  });
  const added = change.there.filter((one) => !there.has(one.id) && (change.whole || !last || order(one, last) < 0));
  return { rows: next, held: [...waits, ...moved, ...added].sort(order) };
}
