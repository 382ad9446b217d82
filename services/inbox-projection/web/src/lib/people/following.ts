/** Things of a store kept true by the feed; who shows them in a list is told of what was added or changed. */

import { asProblem } from '#lib/api/client.ts';
import { feed, type FeedEvent } from '#lib/live/feed.svelte.ts';
import type { Store } from './store.svelte.ts';

export type Watcher = (ids: string[]) => void;

/** Follows what the feed tells by this name; gives how to be told, here or elsewhere changed. No ids: there are new ones. */
export function following<T extends { id: string }>(
  kind: FeedEvent['kind'],
  store: Store<T>,
): (watcher: Watcher) => () => void {
  const watchers = new Set<Watcher>();

  async function look(ids: string[]): Promise<void> {
    try {
      await store.refresh(store.known(ids));
    } catch (thrown) {
      // Not read now: what is shown is read anew when the feed is back.
      if (!asProblem(thrown).offline) throw thrown;
    }
    for (const watcher of watchers) watcher(ids);
  }
  feed.on(kind, (events) => void look([...new Set(events.flatMap((one) => one.id ?? []))]));

  return (watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  };
}
