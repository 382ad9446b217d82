/** A search and what it found, page by page; typing on gives the former one up. */

import { api, asProblem, got, wasAborted, type Found, type Problem } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';

export const KINDS = ['conversation', 'contact', 'ticket', 'company'] as const;
export type Kind = (typeof KINDS)[number];
const AT_ONCE = 30;
// A page may be empty and yet have a next one; so many are read on by themselves.
const EMPTY_TURNS = 5;

export class Search {
  items = $state.raw<Found[]>([]);
  state = $state<'idle' | 'reading' | 'ready' | 'failed'>('idle');
  problem = $state.raw<Problem | null>(null);
  whole = $state(true);
  busy = $state(false);
  /** What `items` are the answer to. */
  asked = $state.raw<{ q: string; kind: Kind }>({ q: '', kind: 'conversation' });
  /** The hit at which the keyboard was put; null: none yet. */
  cursor = $state<string | null>(null);
  /** Of what was found the conversations: these can be selected and acted on. */
  readonly rows = $derived(this.items.flatMap(({ conversation }) => conversation ?? []));
  /** The conversation at which the keyboard is. */
  readonly marked = $derived(this.rows.find((one) => one.id === this.cursor)?.id ?? null);
  #next: string | null = null;
  #calling = new AbortController();

  async find(q: string, kind: Kind): Promise<void> {
    this.#calling.abort();
    this.#calling = new AbortController();
    this.#next = null;
    this.cursor = null;
    if (!q.trim()) {
      this.items = [];
      this.state = 'idle';
      this.whole = true;
      return;
    }
    this.state = 'reading';
    await this.#page(q, kind, []);
  }

  /** The hit so many places on from the keyboard, else from the open one; the keyboard is there then. */
  step(by: number, open: string | null): Found | null {
    const at = (id: string | null) => this.items.findIndex((one) => one.id === id);
    const from = at(this.cursor) >= 0 ? at(this.cursor) : at(open);
    const to = from < 0 ? 0 : Math.max(0, Math.min(this.items.length - 1, from + by));
    const found = this.items[to] ?? null;
    if (found) this.cursor = found.id;
    return found;
  }

  async more(): Promise<void> {
    if (!this.busy && !this.whole) await this.#page(this.asked.q, this.asked.kind, this.items);
  }

  async #page(q: string, type: Kind, before: Found[]): Promise<void> {
    const { signal } = this.#calling;
    this.busy = true;
    try {
      const found: Found[] = [];
      for (let turn = 0; turn < EMPTY_TURNS; turn += 1) {
        const query = { q, type, limit: AT_ONCE, ...(this.#next ? { cursor: this.#next } : {}) };
        const page = await got(api.GET('/api/v1/search', { params: { query }, signal }));
        found.push(...page.items);
        this.#next = page.next_cursor;
        if (page.next_cursor === null || page.items.length > 0) break;
      }
      conversations.put(found.flatMap((one) => one.conversation ?? []));
      this.items = [...before, ...found];
      this.whole = this.#next === null;
      this.asked = { q, kind: type };
      this.problem = null;
      this.state = 'ready';
    } catch (thrown) {
      if (wasAborted(thrown) || signal.aborted) return;
      this.problem = asProblem(thrown);
      this.state = 'failed';
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }
}
