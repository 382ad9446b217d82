import { describe, expect, it } from 'vitest';
import { merged } from './order.ts';

const one = (id: string, number: number) => ({ id, number });
const newest = (a: { number: number }, b: { number: number }) => a.number > b.number;
const list = [one('c', 9), one('b', 5), one('a', 2)];

describe('a list that changes', () => {
  it('takes in what is new where the order has it', () => {
    const found = merged(list, [one('d', 7)], new Set(), newest, false);
    expect(found.map((each) => each.id)).toEqual(['c', 'd', 'b', 'a']);
  });

  it('leaves what lies beyond the pages read to the next page', () => {
    expect(merged(list, [one('z', 1)], new Set(), newest, false)).toEqual(list);
    expect(merged(list, [one('z', 1)], new Set(), newest, true)).toHaveLength(4);
  });

  it('shows what changed once, and forgets what went', () => {
    const found = merged(list, [one('b', 5)], new Set(['c']), newest, false);
    expect(found).toEqual([one('b', 5), one('a', 2)]);
  });

  it('keeps the last of the list when it changes', () => {
    expect(merged(list, [one('a', 2)], new Set(), newest, false)).toEqual(list);
  });

  it('is what it was when nothing is new', () => {
    expect(merged(list, [], new Set(), newest, false)).toEqual(list);
  });
});
