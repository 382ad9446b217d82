/** Conversations by id, shared by lists, threads and sidebars, and kept true by the feed. */

import { SvelteMap } from 'svelte/reactivity';
import { api, got, type Conversation } from '#lib/api/client.ts';
import { coalesced } from './coalesced.ts';
import { feed, type FeedEvent } from './feed.svelte.ts';

const AT_ONCE = 100;
const KEPT = 5_000;
const AGAIN_MS = 5_000;
const known = new SvelteMap<string, Conversation>();
const watchers = new Set<(changed: Conversation[], gone: string[]) => void>();

const fetchThem = coalesced(async (ids) => {
  try {
    const page = await got(api.GET('/api/v1/conversations', { params: { query: { id: ids, limit: AT_ONCE } } }));
    const there = new Set(page.items.map((one) => one.id));
    const gone = ids.filter((id) => !there.has(id));
    conversations.put(page.items);
    for (const id of gone) known.delete(id);
    for (const watcher of watchers) watcher(page.items, gone);
  } catch {
    // Nobody waits for this call, and what is shown stays as it was: it is read as soon as it can be.
    setTimeout(() => void fetchThem(ids), AGAIN_MS);
  }
}, AT_ONCE);

export const conversations = {
  /** The conversation as it is known, reactive; undefined: not read yet. */
  get(id: string): Conversation | undefined {
    return known.get(id);
  },

  /** Takes in what a call answered. An older state never takes the place of a newer one. */
  put(those: Iterable<Conversation>): void {
    for (const one of those) {
      const before = known.get(one.id);
      if (before && before.sequence > one.sequence) continue;
      known.set(one.id, one);
    }
    let surplus = known.size - KEPT;
    if (surplus > 0) {
      for (const id of known.keys()) {
        if (surplus-- <= 0) break;
        known.delete(id);
      }
    }
  },

  /** Shows what a write will make of it; gives back what takes it back when the write is refused. */
  assume(id: string, change: Partial<Conversation>): () => void {
    const before = known.get(id);
    if (!before) return () => undefined;
    const assumed = { ...before, ...change };
    known.set(id, assumed);
    return () => {
      if (known.get(id) === assumed) known.set(id, before);
    };
  },

  /** Reads these anew, all that are asked for in one moment by one call. */
  refresh(ids: Iterable<string>): Promise<void> {
    return fetchThem(ids);
  },

  /** Reads one, unless it is known. Throws Problem 404 when it is not there or not ours to see. */
  async read(id: string): Promise<Conversation> {
    const one = await got(
      api.GET('/api/v1/conversations/{conversation_id}', { params: { path: { conversation_id: id } } }),
    );
    conversations.put([one]);
    return known.get(id) ?? one;
  },

  /**
   * Is told of what the feed changed, as it is now, and of what is no longer ours to see. To learn whether a changed
   * one belongs to a list, ask the list with its `id`s: `GET /conversations?view=mine&id=…&id=…`.
   */
  onChange(watcher: (changed: Conversation[], gone: string[]) => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};

feed.on('conversation', (events: FeedEvent[]) => {
  // What an answer has shown already needs no call; of the same sequence it may be more that changed.
  const news = events.filter(({ id, sequence }) => id && (known.get(id)?.sequence ?? -1) <= (sequence ?? Infinity));
  const wanted = news.map(({ id }) => id as string).filter((id) => watchers.size > 0 || known.has(id));
  if (wanted.length > 0) void fetchThem(wanted);
});

// They carry the names of their people.
feed.on('contact', (events) => {
  const people = new Set(events.flatMap(({ id }) => id ?? []));
  const theirs = [...known.values()].filter((one) => people.has(one.contact.id)).map((one) => one.id);
  if (theirs.length > 0) void fetchThem(theirs.slice(-AT_ONCE));
});

feed.on('reset', () => void fetchThem([...known.keys()].slice(-AT_ONCE)));
