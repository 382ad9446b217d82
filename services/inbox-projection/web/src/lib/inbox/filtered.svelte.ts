/** Mails that filters kept out, page by page, and letting one in. */

import { api, asProblem, got, type FilteredMessage, type Problem } from '#lib/api/client.ts';
import { viewCounts } from './counts.svelte.ts';

const AT_ONCE = 50;

export class FilteredList {
  items = $state.raw<FilteredMessage[]>([]);
  state = $state<'reading' | 'ready' | 'failed'>('reading');
  problem = $state.raw<Problem | null>(null);
  whole = $state(false);
  busy = $state(false);
  #cursor: string | null = null;

  constructor(readonly inbox: string | null) {}

  /** Reads the beginning anew. */
  async read(): Promise<void> {
    this.#cursor = null;
    await this.#page([]);
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

  async #page(before: FilteredMessage[]): Promise<void> {
    this.busy = true;
    try {
      const query = {
        limit: AT_ONCE,
        ...(this.#cursor ? { cursor: this.#cursor } : {}),
        ...(this.inbox ? { inbox_id: this.inbox } : {}),
      };
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
