/** What is written in all conversations: kept for as long as the page lives, and kept true by the feed. */

import { feed } from '#lib/live/feed.svelte.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import { WRITER } from './keeping.svelte.ts';
import { Writing } from './writing.svelte.ts';

const KEPT = 40;
const all = new Map<string, Writing>();
/** What may have been missed is read at once where it is looked at, else when it is opened. */
function missed(): void {
  for (const one of all.values()) {
    one.keeping.stale = true;
    if (threads.of(one.id).shown > 0) void one.load(true);
  }
}
feed.onReturn(missed);
feed.on('reset', missed);
feed.on('draft', (events) => {
  for (const { id, became, writer } of events) {
    if (id === null) missed();
    else if (writer !== WRITER) void all.get(id)?.heard(became ?? 'kept');
  }
});

export const writings = {
  /** What is written in a conversation; what was begun stays for as long as the page lives. */
  of(id: string): Writing {
    let one = all.get(id);
    if (!one) {
      one = new Writing(id);
      all.set(id, one);
      if (all.size > KEPT) {
        const idle = [...all.values()].find((each) => each.id !== id && each.isEmpty && !each.sending);
        if (idle) all.delete(idle.id);
      }
    }
    return one;
  },
};
