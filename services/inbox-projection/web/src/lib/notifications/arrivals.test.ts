import { describe, expect, it } from 'vitest';
import type { Notification } from '#lib/api/client.ts';
import { arrived, shownCount, titled } from './arrivals.ts';

const one = (id: string, minute: number, read = false): Notification => ({
  id,
  at: `2026-11-23T08:0${minute}:00Z`,
  read,
  kind: 'assigned',
  conversation_id: id,
  channel_id: null,
  inbox_id: 'inbox',
  sequence: 1,
  actor: { kind: 'system', id: null, name: null },
});
const ids = (those: Notification[]) => those.map(({ id }) => id);

describe('what arrived', () => {
  it('is unread and was not there', () => {
    expect(ids(arrived([one('a', 1)], [one('b', 2), one('a', 1)]))).toEqual(['b']);
    expect(ids(arrived([one('a', 1)], [one('b', 2, true), one('a', 1)]))).toEqual([]);
  });
  it('may be what was there, new again', () => {
    expect(ids(arrived([one('a', 1), one('b', 0)], [one('b', 3), one('a', 1)]))).toEqual(['b']);
  });
  it('is not what only moved up because others went', () => {
    expect(ids(arrived([one('a', 5)], [one('c', 2)]))).toEqual([]);
  });
});

describe('the title', () => {
  it('carries the number once, and loses it', () => {
    expect(titled('Inbox · Postroom', 3)).toBe('(3) Inbox · Postroom');
    expect(titled('(3) Inbox · Postroom', 100)).toBe('(99+) Inbox · Postroom');
    expect(titled('(99+) Inbox · Postroom', 0)).toBe('Inbox · Postroom');
  });
  it('keeps what a page says in brackets itself', () => {
    expect(titled('(no subject)', 1)).toBe('(1) (no subject)');
    expect(shownCount(99)).toBe('99');
  });
});
