/** Which list is shown: the view and the filters, as the address has them and as the API is asked; pure. */

import type { BulkFilter, View, ViewFilterAsked } from '#lib/api/client.ts';
import { dayAfter, momentOf } from '#lib/actions/moments.ts';

export type Sort = View['sort'];
export type Status = ViewFilterAsked['status'] extends (infer One)[] | undefined ? One : never;
export type Turn = NonNullable<ViewFilterAsked['waiting_on']>;

export const FIXED = [
  'unassigned',
  'mine',
  'mentions',
  'all_open',
  'waiting_on_us',
  'snoozed',
  'sent',
  'closed',
  'spam',
  'trash',
] as const;
export type Fixed = (typeof FIXED)[number];
export const SORTS: readonly Sort[] = ['newest', 'oldest', 'waiting', 'priority'];
export const STATUSES: readonly Status[] = ['open', 'snoozed', 'resolved', 'spam', 'trash'];
export const TURNS: readonly Turn[] = ['us', 'customer', 'nobody'];

/** What each fixed view shows, as the API defines it: what a view saved from it keeps. */
export const SHOWS: Record<Fixed, ViewFilterAsked> = {
  unassigned: { status: ['open'], assignee_id: 'none' },
  mine: { status: ['open'], assignee_id: 'me' },
  mentions: { status: ['open', 'snoozed'], mentioned: 'me' },
  all_open: { status: ['open'] },
  waiting_on_us: { status: ['open'], waiting_on: 'us' },
  snoozed: { status: ['snoozed'] },
  sent: { status: ['open', 'snoozed'], waiting_on: 'customer' },
  closed: { status: ['resolved'] },
  spam: { status: ['spam'] },
  trash: { status: ['trash'] },
};

export interface Listing {
  view: string;
  inbox: string | null;
  status: Status[];
  assignee: string | null;
  team: string | null;
  label: string[];
  channel: string[];
  waiting: Turn | null;
  /** Days, as date fields have them; `to` is the last one. */
  from: string | null;
  to: string | null;
  /** null: as the view says. */
  sort: Sort | null;
}

export const isFixed = (view: string): view is Fixed => (FIXED as readonly string[]).includes(view);

const oneOf = <T extends string>(value: string | null, choices: readonly T[]): T | null =>
  choices.find((one) => one === value) ?? null;
const DAY = /^\d{4}-\d\d-\d\d$/;
const ID = /^[0-9a-f-]{36}$/i;

/** The list of an address. What is no filter is passed over. */
export function listingOf(view: string, search: Pick<URLSearchParams, 'get' | 'getAll'>): Listing {
  const id = (name: string) => (ID.test(search.get(name) ?? '') ? search.get(name) : null);
  const day = (name: string) => (DAY.test(search.get(name) ?? '') ? search.get(name) : null);
  const assignee = search.get('assignee');
  return {
    view,
    inbox: id('inbox'),
    status: search.getAll('status').flatMap((one) => oneOf(one, STATUSES) ?? []),
    assignee: assignee === 'me' || assignee === 'none' ? assignee : id('assignee'),
    team: id('team'),
    label: search.getAll('label').filter((one) => one !== ''),
    channel: search.getAll('channel').filter((one) => one !== ''),
    waiting: oneOf(search.get('waiting'), TURNS),
    from: day('from'),
    to: day('to'),
    sort: oneOf(search.get('sort'), SORTS),
  };
}

/** What the address says of it beside the view. */
export function searchOf(listing: Listing): string {
  const search = new URLSearchParams();
  const one = (name: string, value: string | null) => value && search.set(name, value);
  one('inbox', listing.inbox);
  for (const status of listing.status) search.append('status', status);
  one('assignee', listing.assignee);
  one('team', listing.team);
  for (const label of listing.label) search.append('label', label);
  for (const channel of listing.channel) search.append('channel', channel);
  one('waiting', listing.waiting);
  one('from', listing.from);
  one('to', listing.to);
  one('sort', listing.sort);
  const text = search.toString();
  return text && `?${text}`;
}

/** The address of a list, with a conversation open or without. */
export function placeOf(listing: Listing, conversation?: string | null): string {
  return `/inbox/${encodeURIComponent(listing.view)}${conversation ? `/${conversation}` : ''}${searchOf(listing)}`;
}

/** Whether anything narrows the view. */
export function isFiltered(listing: Listing): boolean {
  return Object.keys(given(listing)).some((name) => name !== 'inbox_id');
}

/** The filters of the list itself, beside its view. */
function given(listing: Listing, zone?: string): ViewFilterAsked {
  const from = listing.from && momentOf(listing.from, '00:00', zone);
  // The last day is shown whole: asked is what was before the next one.
  const to = listing.to && dayAfter(listing.to, zone);
  return {
    ...(listing.inbox ? { inbox_id: listing.inbox } : {}),
    ...(listing.status.length > 0 ? { status: listing.status } : {}),
    ...(listing.assignee ? { assignee_id: listing.assignee } : {}),
    ...(listing.team ? { team_id: listing.team } : {}),
    ...(listing.label.length > 0 ? { label: listing.label } : {}),
    ...(listing.channel.length > 0 ? { channel: listing.channel as 'email'[] } : {}),
    ...(listing.waiting ? { waiting_on: listing.waiting } : {}),
    ...(from ? { created_from: from.toISOString() } : {}),
    ...(to ? { created_to: to.toISOString() } : {}),
  };
}

/** As the API is asked for the list. */
export function asked(listing: Listing, zone?: string): BulkFilter & { sort?: Sort } {
  return { view: listing.view, ...given(listing, zone), ...(listing.sort ? { sort: listing.sort } : {}) };
}

/** What a wish for all of the list is about. */
export function filterOf(listing: Listing, zone?: string): BulkFilter {
  return { view: listing.view, ...given(listing, zone) };
}

/** What a view saved from this list keeps: what its view shows, and in its place what is given beside it. */
export function savedFilter(listing: Listing, saved: readonly View[], zone?: string): ViewFilterAsked {
  const base = isFixed(listing.view) ? SHOWS[listing.view] : saved.find((one) => one.id === listing.view)?.filter;
  const known = Object.fromEntries(
    Object.entries(base ?? {}).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
  return { ...known, ...given(listing, zone) };
}

/** The order in which the list comes. */
export function sortOf(listing: Listing, saved: readonly View[]): Sort {
  if (listing.sort) return listing.sort;
  if (listing.view === 'waiting_on_us') return 'waiting';
  return saved.find((one) => one.id === listing.view)?.sort ?? 'newest';
}

/** The same list with other filters. */
export const changed = (listing: Listing, change: Partial<Listing>): Listing => ({ ...listing, ...change });

/** The view alone, in the same inbox. */
export const bare = (listing: Listing, view = listing.view): Listing => ({
  ...listingOf(view, new URLSearchParams()),
  inbox: listing.inbox,
});
