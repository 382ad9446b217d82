/** Mails that filters kept out, page by page, and letting one in. */

import { api, asProblem, got, type FilteredMessage, type Problem } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';
import { viewCounts } from './counts.svelte.ts';
import { withNewest } from './filtered.ts';

const AT_ONCE = 50;
const MOST = 200;

export class FilteredList {
  items = $state.raw<FilteredMessage[]>([]);
  state = $state<'reading' | 'ready' | 'failed'>('reading');
  problem = $state.raw<Problem | null>(null);
  whole = $state(false);
  busy = $state(false);
  #cursor: string | null = null;

  readonly #of: { inbox_id?: string };

  constructor(inbox: string | null) {
    this.#of = inbox ? { inbox_id: inbox } : {};
  }

  /** Reads the beginning anew. */
  async read(): Promise<void> {
    this.#cursor = null;
    await this.#page([]);
  }

  /** Keeps what is shown true until what it gives is called. */
  follow(): () => void {
    const again = soon(() => void this.#again());
    const ends = [feed.on('filtered', again.ask), feed.on('reset', again.ask), feed.onReturn(again.ask), again.cancel];
    return () => ends.forEach((end) => end());
  }

  async more(): Promise<void> {
    if (!this.busy && !this.whole) await this.#page(this.items);
  }

  /** Lets one in; gives where it is now. Throws Problem. */
  async admit(id: string): Promise<FilteredMessage> {
    const path = { filtered_id: id };
    const now = await got(api.POST('/api/v1/filtered-messages/{filtered_id}/admit', { params: { path } }));
    this.items = this.items.map((one) => (one.id === id ? now : one));
    viewCounts.soon();
    return now;
  }

  /** Reads the newest anew: new ones come in on top, changed ones take their former places, what was read further stays. */
  async #again(): Promise<void> {
    if (this.busy || this.state !== 'ready') return this.read();
    try {
      const limit = Math.min(MOST, Math.max(AT_ONCE, this.items.length));
      const page = await got(api.GET('/api/v1/filtered-messages', { params: { query: { limit, ...this.#of } } }));
      const joined = withNewest(this.items, page.items);
      this.items = joined ?? page.items;
      if (joined) return;
      this.#cursor = page.next_cursor;
      this.whole = page.next_cursor === null;
    } catch (thrown) {
      // Without a connection its return reads it again.
      const problem = asProblem(thrown);
      if (!problem.offline) this.problem = problem;
    }
  }

  async #page(before: FilteredMessage[]): Promise<void> {
    this.busy = true;
    try {
      const query = { limit: AT_ONCE, ...(this.#cursor ? { cursor: this.#cursor } : {}), ...this.#of };
      const page = await got(api.GET('/api/v1/filtered-messages', { params: { query } }));
      this.items = [...before, ...page.items];
      this.#cursor = page.next_cursor;
      this.whole = page.next_cursor === null;
      this.problem = null;
      this.state = 'ready';
    } catch (thrown) {
      this.problem = asProblem(thrown);
      if (this.state === 'reading') this.state = 'failed';
    } finally {
      this.busy = false;
    }
  }
}
