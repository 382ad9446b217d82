import { describe, expect, it } from 'vitest';
import { Problem, type Conversation } from '#lib/api/client.ts';
import { conversation } from '#lib/actions/testing.ts';
import { ConversationList, type Source } from './list.svelte.ts';

const at = (minute: number, change: Partial<Conversation> = {}) =>
  conversation({
    id: `c${minute}`,
    last_message_at: new Date(Date.UTC(2026, 10, 23, 0, minute)).toISOString(),
    ...change,
  });

/** A list of `count` conversations, the newest first, in pages. */
function source(count: number): Source & { all: Conversation[]; asked: number } {
  const all = Array.from({ length: count }, (_, index) => at(count - index));
  return {
    all,
    asked: 0,
    page(cursor, limit) {
      this.asked += 1;
      const begin = Number(cursor ?? 0);
      const end = begin + limit;
      return Promise.resolve({ items: all.slice(begin, end), next_cursor: end < all.length ? String(end) : null });
    },
    among: (ids) => Promise.resolve(all.filter((one) => ids.includes(one.id))),
  };
}

const ids = (list: ConversationList) => list.rows.map((one) => one.id);

describe('a list', () => {
  it('is read page by page to its end', async () => {
    const list = new ConversationList('newest', source(120));
    await list.read();
    expect([list.rows.length, list.whole]).toEqual([50, false]);
    await Promise.all([list.more(), list.more()]);
    expect([list.rows.length, list.whole]).toEqual([120, true]);
  });

  it('is read anew as far as it was shown', async () => {
    const list = new ConversationList('newest', source(500));
    await list.read();
    for (let page = 0; page < 3; page += 1) await list.more();
    await list.read();
    expect(list.rows.length).toBeGreaterThanOrEqual(350);
    expect(new Set(ids(list)).size).toBe(list.rows.length);
  });

  it('keeps what is shown when it cannot be read anew, and says so', async () => {
    const from = source(3);
    const list = new ConversationList('newest', from);
    await list.read();
    from.page = () => Promise.reject(new Problem(0, 'network', 'No connection'));
    await list.read();
    expect([list.rows.length, list.state, list.problem?.code]).toEqual([3, 'ready', 'network']);
  });

  it('that was never read says that it cannot be', async () => {
    const from = source(3);
    from.page = () => Promise.reject(new Problem(503, 'database-away', 'Away'));
    const list = new ConversationList('newest', from);
    await list.read();
    expect([list.state, list.problem?.code]).toEqual(['failed', 'database-away']);
  });

  it('takes in what belongs to it and lets go what does not', async () => {
    const from = source(3);
    const list = new ConversationList('newest', from);
    await list.read();
    from.all.shift();
    from.all.unshift(at(9));
    await list.check(['c9', 'c3']);
    expect(ids(list)).toEqual(['c9', 'c2', 'c1']);
  });

  it('holds new ones back while the agent is not at its top', async () => {
    const from = source(3);
    const list = new ConversationList('newest', from);
    await list.read();
    list.atTop = false;
    from.all.unshift(at(9));
    await list.check(['c9']);
    expect([ids(list), list.held.length]).toEqual([['c3', 'c2', 'c1'], 1]);
    list.showHeld();
    expect([ids(list), list.held.length]).toEqual([['c9', 'c3', 'c2', 'c1'], 0]);
  });

  it('does not bring back from an old page what was just taken out', async () => {
    const list = new ConversationList('newest', source(60));
    await list.read();
    list.drop(['c5', 'c60']);
    await list.more();
    expect(list.rows.some((one) => one.id === 'c5')).toBe(false);
    await list.check(['c5']);
    expect(list.rows.some((one) => one.id === 'c5')).toBe(true);
  });

  it('asks once for all that changed at one time', async () => {
    const from = source(3);
    const list = new ConversationList('newest', from);
    await list.read();
    let asked = 0;
    from.among = () => ((asked += 1), Promise.resolve([]));
    await Promise.all([list.check(['c1']), list.check(['c2']), list.check(['c1'])]);
    expect([asked, ids(list)]).toEqual([1, ['c3']]);
  });

  it('has ten thousand rows and still finds the place of one in a moment', async () => {
    const from = source(10_000);
    from.page = () => Promise.resolve({ items: from.all, next_cursor: null });
    const list = new ConversationList('newest', from);
    await list.read();
    from.all.unshift(at(20_000));
    const began = performance.now();
    await list.check(['c20000']);
    expect(list.rows[0]?.id).toBe('c20000');
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
