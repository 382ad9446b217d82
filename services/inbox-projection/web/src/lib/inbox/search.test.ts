import { describe, expect, it } from 'vitest';
import { conversation } from '#lib/actions/testing.ts';
import type { Found } from '#lib/api/client.ts';
import { Search } from './search.svelte.ts';

const hit = (id: string): Found =>
  ({ type: 'conversation', id, conversation: conversation({ id }), highlights: [], hits: [] }) as unknown as Found;
const person = (id: string): Found => ({ type: 'contact', id, conversation: null, highlights: [], hits: [] }) as never;

function searchOf(...items: Found[]): Search {
  const search = new Search();
  search.items = items;
  return search;
}

describe('the keyboard among what was found', () => {
  it('is nowhere at first, then walks from the first hit to the last', () => {
    const search = searchOf(hit('a'), hit('b'));
    expect(search.marked).toBeNull();
    expect([1, 1, 1, -1].map((by) => search.step(by, null)?.id)).toEqual(['a', 'b', 'b', 'a']);
    expect(search.marked).toBe('a');
  });

  it('goes on from the hit that is open', () => {
    expect(searchOf(hit('a'), hit('b'), hit('c')).step(1, 'b')?.id).toBe('c');
  });

  it('marks what is no conversation, too, but nothing is done to that', () => {
    const search = searchOf(person('p'), hit('a'));
    search.step(1, null);
    expect([search.cursor, search.marked]).toEqual(['p', null]);
    expect(search.rows.map((one) => one.id)).toEqual(['a']);
  });

  it('is nowhere again when something else is looked for', async () => {
    const search = searchOf(hit('a'));
    search.step(1, null);
    await search.find('', 'conversation');
    expect([search.cursor, search.items]).toEqual([null, []]);
  });
});
