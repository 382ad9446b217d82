/** A list of conversations as it is on the page: read page by page, and kept true by the feed without jumping. */

import { asProblem, type Conversation, type Problem } from '#lib/api/client.ts';
import { coalesced } from '#lib/live/coalesced.ts';
import type { Sort } from './listing.ts';
import { placed } from './order.ts';

export interface Page {
  items: Conversation[];
  next_cursor: string | null;
}

/** Where a list comes from. */
export interface Source {
  page: (cursor: string | null, limit: number) => Promise<Page>;
  /** Of these ids those that belong to the list. */
  among: (ids: string[]) => Promise<Conversation[]>;
}

const FIRST = 50;
const FURTHER = 100;
const LARGEST = 200;
/** So many rows are read anew at once, at most. */
const DEEPEST = 1_000;
const AT_ONCE = 100;

export class ConversationList {
  rows = $state.raw<Conversation[]>([]);
  held = $state.raw<Conversation[]>([]);
  state = $state<'reading' | 'ready' | 'failed'>('reading');
  /** Why the first page, a further one or an update could not be read. */
  problem = $state.raw<Problem | null>(null);
  readingMore = $state(false);
  /** Whether all of it is loaded. */
  whole = $state(false);
  /** Whether the agent sees the top: then what is new comes in at once. */
  atTop = true;
  #cursor: string | null = null;
  #dropped = new Set<string>();
  #reads = 0;
  /** Asks the list about these: new ones come in, changed ones find their place, the others leave. */
  readonly check: (ids: Iterable<string>) => Promise<void>;

  constructor(
    readonly sort: Sort,
    readonly source: Source,
  ) {
    this.check = coalesced((ids) => this.#ask(ids), AT_ONCE);
  }

  /** Reads the beginning anew; what is shown stays until it is there. */
  async read(): Promise<void> {
    const turn = ++this.#reads;
    try {
      // As much as was there before, within reason, so that nobody loses his place.
      const wanted = Math.min(DEEPEST, this.rows.length);
      const rows: Conversation[] = [];
      let cursor: string | null = null;
      do {
        const left = Math.max(FIRST, wanted - rows.length);
        const page: Page = await this.source.page(cursor, Math.min(LARGEST, left));
        if (turn !== this.#reads) return;
        rows.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && rows.length < wanted);
      this.rows = rows;
      this.held = [];
      this.#cursor = cursor;
      this.whole = cursor === null;
      this.#dropped.clear();
      this.problem = null;
      this.state = 'ready';
    } catch (thrown) {
      if (turn !== this.#reads) return;
      this.problem = asProblem(thrown);
      if (this.state === 'reading') this.state = 'failed';
    }
  }

  /** Reads the next page, once at a time. */
  async more(): Promise<void> {
    if (this.readingMore || this.whole || this.state !== 'ready') return;
    this.readingMore = true;
    const turn = this.#reads;
    try {
      const page = await this.source.page(this.#cursor, FURTHER);
      if (turn !== this.#reads) return;
      const known = new Set([...this.rows, ...this.held].map((one) => one.id));
      const items = page.items.filter((one) => !known.has(one.id) && !this.#dropped.has(one.id));
      this.rows = [...this.rows, ...items];
      this.#cursor = page.next_cursor;
      this.whole = page.next_cursor === null;
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.readingMore = false;
    }
  }

  /** Takes these out at once: what was done to them leaves no doubt. `check` brings back what belongs here after all. */
  drop(ids: Iterable<string>): void {
    const gone = new Set(ids);
    for (const id of gone) this.#dropped.add(id);
    this.rows = this.rows.filter((one) => !gone.has(one.id));
    this.held = this.held.filter((one) => !gone.has(one.id));
  }

  /** Shows what waited. */
  showHeld(): void {
    const held = this.held;
    this.held = [];
    this.#place(held, new Set(), false);
  }

  indexOf(id: string | null): number {
    return id === null ? -1 : this.rows.findIndex((one) => one.id === id);
  }

  async #ask(ids: string[]): Promise<void> {
    if (this.state !== 'ready') return;
    const turn = this.#reads;
    try {
      const there = await this.source.among(ids);
      if (turn !== this.#reads) return;
      const found = new Set(there.map((one) => one.id));
      for (const id of found) this.#dropped.delete(id);
      this.#place(there, new Set(ids.filter((id) => !found.has(id))), !this.atTop);
    } catch (thrown) {
      // Without a connection its return reads everything anew.
      const problem = asProblem(thrown);
      if (!problem.offline) this.problem = problem;
    }
  }

  #place(there: Conversation[], gone: ReadonlySet<string>, hold: boolean): void {
    const next = placed(this.rows, this.held, { there, gone, sort: this.sort, whole: this.whole, hold });
    this.rows = next.rows;
    this.held = next.held;
  }
}
