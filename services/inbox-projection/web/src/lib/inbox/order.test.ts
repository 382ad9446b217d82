import { describe, expect, it } from 'vitest';
import type { Conversation } from '#lib/api/client.ts';
import { conversation } from '#lib/actions/testing.ts';
import { compare, placed, type Change } from './order.ts';

const at = (id: string, minute: number, change: Partial<Conversation> = {}) =>
  conversation({ id, last_message_at: `2026-11-23T08:${String(minute).padStart(2, '0')}:00Z`, ...change });
const ids = (rows: Conversation[]) => rows.map((one) => one.id).join('');
const change = (there: Conversation[], more: Partial<Change> = {}): Change => ({
  there,
  gone: new Set(),
  sort: 'newest',
  whole: true,
  hold: false,
  ...more,
});

const rows = [at('c', 30), at('b', 20), at('a', 10)];

describe('the order', () => {
  it('by waiting has who waits for us first, the longest before the others', () => {
    const one = at('x', 1, { waiting_since: '2026-11-20T00:00:00Z' });
    const other = at('y', 2, { waiting_since: '2026-11-19T00:00:00Z' });
    const answered = at('z', 59, { waiting_on: 'customer', waiting_since: null });
    expect(ids([answered, one, other].sort(compare('waiting')))).toBe('yxz');
  });

  it('by priority has the urgent first, then the newest', () => {
    const all = [at('a', 1), at('b', 2), at('c', 1, { priority: 'urgent' }), at('d', 9, { priority: 'low' })];
    expect(ids(all.sort(compare('priority')))).toBe('cbad');
  });
});

describe('a change at the top of the list', () => {
  it('puts what is new in its place', () => {
    expect(ids(placed(rows, [], change([at('d', 40)])).rows)).toBe('dcba');
  });

  it('moves what has a new message up, and takes out what is gone', () => {
    const next = placed(rows, [], change([at('a', 50)], { gone: new Set(['b']) }));
    expect(ids(next.rows)).toBe('ac');
  });

  it('leaves what comes after the last loaded row to its page', () => {
    expect(ids(placed(rows, [], change([at('0', 1)], { whole: false })).rows)).toBe('cba');
    expect(ids(placed(rows, [], change([at('0', 1)], { whole: true })).rows)).toBe('cba0');
  });

  it('brings in what waited', () => {
    expect(ids(placed(rows, [at('d', 40)], change([])).rows)).toBe('dcba');
  });
});

describe('a change while the agent reads further down', () => {
  const hold = { hold: true };

  it('moves nothing: what is new waits', () => {
    const next = placed(rows, [], change([at('d', 40)], hold));
    expect([ids(next.rows), ids(next.held)]).toEqual(['cba', 'd']);
  });

  it('says in its place what changed, and lets it wait to move', () => {
    const next = placed(rows, [], change([at('a', 50, { preview: 'new words' })], hold));
    expect(ids(next.rows)).toBe('cba');
    expect(next.rows[2]?.preview).toBe('new words');
    expect(ids(next.held)).toBe('a');
  });

  it('does not count what changed without moving', () => {
    expect(placed(rows, [], change([at('b', 20, { unread: true })], hold)).held).toEqual([]);
  });

  it('counts one that changes twice once, and forgets one that goes', () => {
    const once = placed(rows, [], change([at('d', 40)], hold));
    const twice = placed(once.rows, once.held, change([at('d', 45)], hold));
    expect(ids(twice.held)).toBe('d');
    expect(placed(twice.rows, twice.held, change([], { ...hold, gone: new Set(['d']) })).held).toEqual([]);
  });
});
