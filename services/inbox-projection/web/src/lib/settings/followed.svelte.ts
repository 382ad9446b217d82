/** Something that a page reads from the API, read again when the feed says that it is otherwise. */

import { feed, type FeedEvent } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';
import { resource, type Resource } from './resource.svelte.ts';

/** Conversations change many times a minute on a busy desk. */
const LOOK_MS = 1_000;

/** While the page is there: to be called as it is made. */
export function followed<T>(read: () => Promise<T>, ...kinds: FeedEvent['kind'][]): Resource<T> {
  const made = resource(read);
  $effect(() => {
    const again = soon(() => void made.load(), LOOK_MS);
    const ends = [...kinds, 'reset' as const].map((kind) => feed.on(kind, again.ask));
    return () => [...ends, feed.onReturn(again.ask), again.cancel].forEach((end) => end());
  });
  return made;
}
