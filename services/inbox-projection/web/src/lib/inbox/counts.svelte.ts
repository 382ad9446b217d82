/** How many conversations each view and each inbox has, counted anew when the feed tells of some, at most every two seconds. */

import { api, asProblem, got, type Count, type Counts } from '#lib/api/client.ts';
import { number } from '#lib/i18n/index.ts';
import { feed } from '#lib/live/feed.svelte.ts';

const PAUSE_MS = 2_000;
let counts = $state.raw<Counts | null>(null);
let inbox: string | null = null;
let users = 0;
let timer = 0;
let countedAt = 0;

export const viewCounts = {
  /** Of a fixed view or a saved one; undefined: not counted yet. */
  of: (view: string): Count | undefined => counts?.fixed[view] ?? counts?.saved[view],

  /** Whether there is such a view for this agent: who may not see what filters keep out has no `filtered`. */
  has: (view: string): boolean => counts !== null && view in counts.fixed,

  /** Open ones of an inbox; null: of all of them together. */
  in: (id: string | null): Count | undefined =>
    counts === null ? undefined : id ? counts.inboxes[id] : together(Object.values(counts.inboxes)),

  /** Counts views within one inbox, or within all. */
  within(id: string | null): void {
    if (id === inbox) return;
    inbox = id;
    if (users > 0) void count();
  },

  /** Keeps the counts true until what it gives is called. */
  use(): () => void {
    users += 1;
    if (users === 1) void count();
    return () => (users -= 1);
  },

  /** Counts soon. */
  soon,
};

/** 7, or 1,000+ */
export const countText = (one: Count): string => `${number(one.count)}${one.more ? '+' : ''}`;

/** All of them as one number. */
export const together = (each: readonly Count[]): Count => ({
  count: each.reduce((sum, one) => sum + one.count, 0),
  more: each.some((one) => one.more),
});

function soon(): void {
  if (users === 0 || timer !== 0) return;
  timer = window.setTimeout(() => void count(), Math.max(0, PAUSE_MS - (Date.now() - countedAt)));
}

async function count(): Promise<void> {
  clearTimeout(timer);
  timer = 0;
  countedAt = Date.now();
  const asked = inbox;
  try {
    const found = await got(api.GET('/api/v1/counts', { params: { query: asked ? { inbox_id: asked } : {} } }));
    if (asked === inbox) counts = found;
  } catch (thrown) {
    // Old numbers stay; the next event or the connection's return counts again.
    if (asProblem(thrown).status < 0) throw thrown;
  }
}

feed.on('conversation', soon);
feed.on('filtered', soon);
// Which inboxes the agent sees.
feed.on('inbox', soon);
feed.on('team', soon);
feed.on('reset', soon);
feed.onReturn(soon);
