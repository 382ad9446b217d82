import { describe, expect, it } from 'vitest';
import { conversation } from '#lib/actions/testing.ts';
import { ConversationList } from './list.svelte.ts';
import { listingOf } from './listing.ts';
import { Walking } from './walking.svelte.ts';

const one = (minute: number) =>
  conversation({ id: `c${minute}`, last_message_at: new Date(Date.UTC(2026, 10, 23, 0, minute)).toISOString() });

async function walkingOf(open: string | null, ...minutes: number[]) {
  const all = minutes.map(one);
  const list = new ConversationList('newest', {
    page: () => Promise.resolve({ items: all, next_cursor: null }),
    among: (ids) => Promise.resolve(all.filter(({ id }) => ids.includes(id))),
  });
  await list.read();
  const listing = listingOf('all_open', new URLSearchParams());
  const walking = new Walking(
    () => ({ list, listing, open }),
    () => undefined,
    () => undefined,
  );
  /** A mail comes in at the top. */
  const comes = async (minute: number) => {
    all.unshift(one(minute));
    await list.check([`c${minute}`]);
  };
  return { walking, list, comes };
}

describe('the keyboard in a list', () => {
  it('is at no row before anybody walked, whatever comes in; the Tab key finds the first all the same', async () => {
    const { walking, comes } = await walkingOf(null, 2, 1);
    expect([walking.active, walking.stop]).toEqual([null, 'c2']);
    await comes(9);
    expect([walking.active, walking.stop]).toEqual([null, 'c9']);
    expect([walking.step(1), walking.step(1), walking.active]).toEqual(['c9', 'c2', 'c2']);
  });

  it('stays at its row when one comes in above it, and at none when that row goes', async () => {
    const { walking, list, comes } = await walkingOf(null, 2, 1);
    walking.step(1);
    await comes(9);
    expect(walking.active).toBe('c2');
    list.drop(['c2']);
    expect([walking.active, walking.stop]).toEqual([null, 'c9']);
  });

  it('is at the one that is open', async () => {
    const { walking } = await walkingOf('c1', 2, 1);
    expect([walking.active, walking.step(-1)]).toEqual(['c1', 'c2']);
  });
});
