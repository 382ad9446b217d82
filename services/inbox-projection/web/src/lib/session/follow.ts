/** Keeps the agent of this page true to what other pages and devices, and those who manage agents, make of them. */

import { feed } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';
import { session } from './session.svelte.ts';

/** Until what it gives is called. */
export function followMe(): () => void {
  const again = soon(() => void session.lookAtMe().catch(() => undefined)); // what is shown stays; the next news asks again
  const ends = [
    feed.on('agent', (events) => events.some(({ id }) => id === session.me?.id) && again.ask()),
    // They say to which inboxes one belongs.
    feed.on('inbox', again.ask),
    feed.on('team', again.ask),
    feed.on('reset', again.ask),
    feed.onReturn(again.ask),
    again.cancel,
  ];
  return () => ends.forEach((end) => end());
}
