/** The lists that were shown last: coming back to one shows it at once and reads it anew. */

import { api, got } from '#lib/api/client.ts';
import { i18n } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { ConversationList, type Source } from './list.svelte.ts';
import { asked, sortOf, type Listing } from './listing.ts';
import { savedViews } from './saved.svelte.ts';

const KEPT = 8;
const kept = new Map<string, { list: ConversationList; offset: number }>();

export const lists = {
  /** The list of a view with its filters; the same one for the same. */
  of(listing: Listing): ConversationList {
    return entry(listing).list;
  },
  /** How far it was scrolled when it left the page. */
  offset: (listing: Listing): number => entry(listing).offset,
  scrolled(listing: Listing, offset: number): void {
    entry(listing).offset = offset;
  },
};

function entry(listing: Listing) {
  const sort = sortOf(listing, savedViews.all);
  const query = asked(listing, i18n.zone);
  const key = JSON.stringify([query, sort]);
  let found = kept.get(key);
  if (found) kept.delete(key);
  else found = { list: new ConversationList(sort, sourceOf(query)), offset: 0 };
  kept.set(key, found);
  for (const old of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(old);
  }
  return found;
}

function sourceOf(query: ReturnType<typeof asked>): Source {
  return {
    async page(cursor, limit) {
      const page = await got(
        api.GET('/api/v1/conversations', { params: { query: { ...query, limit, ...(cursor ? { cursor } : {}) } } }),
      );
      conversations.put(page.items);
      return page;
    },
    async among(ids) {
      const params = { query: { ...query, id: ids, limit: ids.length } };
      const page = await got(api.GET('/api/v1/conversations', { params }));
      conversations.put(page.items);
      return page.items;
    },
  };
}
