import { describe, expect, it } from 'vitest';
import type { View } from '#lib/api/client.ts';
import { asked, bare, filterOf, isFiltered, listingOf, placeOf, savedFilter, searchOf, sortOf } from './listing.ts';

const INBOX = '01900000-0000-712a-a141-bf7b8846b14b';
const of = (search: string, view = 'all_open') => listingOf(view, new URLSearchParams(search));

describe('a list in an address', () => {
  const search =
    `inbox=${INBOX}&status=open&status=snoozed&assignee=none&label=vip&label=%3Cb%3E%26&waiting=us` +
    '&from=2026-11-01&to=2026-11-23&sort=priority';

  it('comes out as it went in', () => {
    const listing = of(search);
    expect(listing.label).toEqual(['vip', '<b>&']);
    expect(of(searchOf(listing).slice(1))).toEqual(listing);
  });

  it('passes over what is no filter', () => {
    const listing = of('inbox=..%2Fadmin&status=odd&assignee=anybody&from=yesterday&sort=random&label=');
    expect(listing).toEqual(of(''));
    expect(isFiltered(listing)).toBe(false);
  });

  it('keeps the conversation that is open', () => {
    expect(placeOf(of('label=a b'), 'c1')).toBe('/inbox/all_open/c1?label=a+b');
  });

  it('of another view keeps the inbox only', () => {
    expect(searchOf(bare(of(search), 'mine'))).toBe(`?inbox=${INBOX}`);
    expect(isFiltered(of(`inbox=${INBOX}`))).toBe(false);
  });
});

describe('asking the API', () => {
  it('gives days as instants of the zone, the last one whole', () => {
    const query = asked(of('from=2026-11-01&to=2026-11-01'), 'Europe/Warsaw');
    expect(query.created_from).toBe('2026-10-31T23:00:00.000Z');
    expect(query.created_to).toBe('2026-11-01T23:00:00.000Z');
  });

  it('takes a day with a change of clocks for what it is', () => {
    expect(asked(of('to=2026-10-25'), 'Europe/Warsaw').created_to).toBe('2026-10-25T23:00:00.000Z');
  });

  it('for all that match leaves the order out', () => {
    expect(filterOf(of('sort=oldest&label=vip'))).toEqual({ view: 'all_open', label: ['vip'] });
  });
});

describe('a view', () => {
  const own = {
    id: INBOX,
    name: 'VIPs',
    shared: false,
    sort: 'waiting',
    updated_at: '',
    filter: {
      inbox_id: null,
      status: ['open'],
      assignee_id: null,
      team_id: null,
      label: ['vip'],
      channel: [],
      contact_id: null,
      waiting_on: null,
      mentioned: null,
      created_from: null,
      created_to: null,
    },
  } as View;

  it('saved from another one keeps what that shows, and in its place what is given beside it', () => {
    expect(savedFilter(of('label=late', 'mine'), [])).toEqual({ status: ['open'], assignee_id: 'me', label: ['late'] });
    expect(savedFilter(of('assignee=none', INBOX), [own])).toEqual({
      status: ['open'],
      label: ['vip'],
      assignee_id: 'none',
    });
  });

  it('has the order that was chosen, else its own', () => {
    expect(sortOf(of('', INBOX), [own])).toBe('waiting');
    expect(sortOf(of('sort=oldest', INBOX), [own])).toBe('oldest');
    expect(sortOf(of('', 'waiting_on_us'), [])).toBe('waiting');
    expect(sortOf(of(''), [])).toBe('newest');
  });
});
