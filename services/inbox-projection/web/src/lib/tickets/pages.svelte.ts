/** Tickets of a filter, page by page and kept true: who comes to fit joins, who fits no more leaves. */

import { api, got, type Ticket } from '#lib/api/client.ts';
import { contacts } from '#lib/contacts/contacts.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { coalesced } from '#lib/live/coalesced.ts';
import { pagesOf, type Pages } from '#lib/people/pages.svelte.ts';
import { attempt } from '#lib/desk/problems.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import type { queryOf } from './filter.ts';
import { onTickets, tickets } from './tickets.svelte.ts';

type Query = ReturnType<typeof queryOf>;

export interface TicketPages extends Pages<Ticket> {
  /** Follows what happens until what it gives is called. */
  follow(): () => void;
}

export function ticketPages(query: () => Query, limit = 60): TicketPages {
  const ask = (more: object, signal?: AbortSignal) =>
    got(
      api.GET('/api/v1/tickets', { params: { query: { ...query(), limit, ...more } }, ...(signal ? { signal } : {}) }),
    );
  const pages = pagesOf<Ticket>(
    (cursor, signal) => ask(cursor ? { cursor } : {}, signal),
    (one, other) => one.number > other.number,
    (items) => {
      tickets.put(items);
      contacts.want(items.map((one) => one.contact_id));
    },
  );

  const look = coalesced(async (ids) => {
    const asked = JSON.stringify(query());
    const { items } = await ask({ id: ids, limit: 100 });
    if (asked !== JSON.stringify(query())) return; // another list by now
    tickets.put(items);
    contacts.want(items.map((one) => one.contact_id));
    const fitting = new Set(items.map((one) => one.id));
    pages.change(
      items,
      ids.filter((id) => !fitting.has(id)),
    );
  }, 100);

  return Object.defineProperties({ follow }, Object.getOwnPropertyDescriptors(pages)) as TicketPages;

  function follow(): () => void {
    const ends = [
      onTickets((ids) => void attempt(t('tickets.not_read'), () => look(ids))),
      feed.on('reset', () => void pages.restart()),
      feed.onReturn(() => void pages.lookAgain()),
    ];
    return () => ends.forEach((end) => end());
  }
}
