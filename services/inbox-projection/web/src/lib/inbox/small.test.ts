import { describe, expect, it } from 'vitest';
import { conversation } from '#lib/actions/testing.ts';
import { fitting } from '#lib/actions/choices.ts';
import { mayBelong } from './belongs.ts';
import { together } from './counts.svelte.ts';
import { piecesOf, unescaped } from './pieces.ts';
import { Selection } from './selection.svelte.ts';
import { LATE_MS, LONG_MS, waitOf } from './waiting.ts';

describe('whether a conversation may belong to a list', () => {
  const one = conversation({ assignee_id: 'ada', labels: ['VIP'], inbox_id: 'in' });

  it('is told by what it says of itself', () => {
    expect(mayBelong(one, { status: ['open'], assignee_id: 'me', label: ['vip'] }, 'ada')).toBe(true);
    expect(mayBelong(one, { status: ['resolved'] }, 'ada')).toBe(false);
    expect(mayBelong(one, { assignee_id: 'none' }, 'ada')).toBe(false);
    expect(mayBelong(one, { assignee_id: 'me' }, 'ben')).toBe(false);
    expect(mayBelong(one, { label: ['late'] }, 'ada')).toBe(false);
    expect(mayBelong(one, { inbox_id: 'other' }, 'ada')).toBe(false);
  });

  it('is left to the API where it does not say', () => {
    expect(mayBelong(one, { mentioned: 'me', created_from: '2030-01-01T00:00:00Z' }, 'ada')).toBe(true);
  });
});

describe('a wait', () => {
  const since = Date.parse('2026-11-23T08:00:00Z');
  const one = conversation({ waiting_since: '2026-11-23T08:00:00Z' });

  it('is long after hours and late after a day', () => {
    expect(waitOf(one, since + LONG_MS - 1)?.level).toBe('fresh');
    expect(waitOf(one, since + LONG_MS)?.level).toBe('long');
    expect(waitOf(one, since + LATE_MS)?.level).toBe('late');
  });

  it('is none where nobody waits for us', () => {
    expect(waitOf({ ...one, status: 'snoozed' }, since)).toBeNull();
    expect(waitOf({ ...one, waiting_on: 'customer' }, since)).toBeNull();
  });

  it('is never below nothing, whatever the clock of this machine says', () => {
    expect(waitOf(one, since - 5_000)?.milliseconds).toBe(0);
  });
});

describe('pieces of what was found', () => {
  it('are text again', () => {
    expect(unescaped('&lt;b&gt; &amp;amp; &quot;x&quot; &#x27;y&#x27;')).toBe('<b> &amp; "x" \'y\'');
  });

  it('are one line', () => {
    expect(piecesOf({ field: 'text', pieces: [{ text: 'one\n\n two', match: true }] })).toEqual([
      { text: 'one two', match: true },
    ]);
  });
});

describe('a selection', () => {
  const order = ['a', 'b', 'c', 'd'].map((id) => ({ id }));

  it('goes from the one clicked last to the one clicked with shift', () => {
    const selection = new Selection();
    selection.toggle('b');
    selection.range(order, 'd');
    expect([...selection.ids]).toEqual(['b', 'c', 'd']);
    selection.range(order, 'a');
    expect(selection.count).toBe(4);
  });

  it('without one clicked before begins with this one', () => {
    const selection = new Selection();
    selection.range(order, 'c');
    expect([...selection.ids]).toEqual(['c']);
  });

  it('loses what left the list, and is no longer of all when nothing stays', () => {
    const selection = new Selection();
    selection.rows(order);
    selection.all = true;
    selection.keep([{ id: 'c' }]);
    expect([...selection.ids]).toEqual(['c']);
    selection.keep([]);
    expect([selection.some, selection.all]).toEqual([false, false]);
  });
});

describe('the choices of a palette', () => {
  const choices = ['Zofia Łęcka', 'Ada Lovelace', 'Łukasz Zofiński'].map((label) => ({ value: label, label }));

  it('fit whatever the accents, those that begin with it first', () => {
    expect(fitting(choices, 'lu').map((one) => one.value)).toEqual(['Łukasz Zofiński']);
    expect(fitting(choices, 'ZOFI').map((one) => one.value)).toEqual(['Zofia Łęcka', 'Łukasz Zofiński']);
    expect(fitting(choices, 'lecka zof').map((one) => one.value)).toEqual(['Zofia Łęcka']);
    expect(fitting(choices, '  ')).toHaveLength(3);
    expect(fitting(choices, '.*(')).toEqual([]);
  });
});

describe('the counts of inboxes', () => {
  it('are one number for all of them, which is no more exact than each', () => {
    expect(
      together([
        { count: 3, more: false },
        { count: 4, more: false },
      ]),
    ).toEqual({ count: 7, more: false });
    expect(
      together([
        { count: 1_000, more: true },
        { count: 2, more: false },
      ]),
    ).toEqual({ count: 1_002, more: true });
    expect(together([])).toEqual({ count: 0, more: false });
  });
});
