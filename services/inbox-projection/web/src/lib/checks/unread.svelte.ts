/** What could not be read: the list of it, and the tries to read it again, each with its outcome. */

import { api, asProblem, got, type Problem, type Quarantined } from '#lib/api/client.ts';

/** `waits`: its channel was asked to read it and has not answered yet; it does so when it is there. */
export type Outcome =
  | { state: 'trying' }
  | { state: 'read' }
  | { state: 'waits' }
  | { state: 'failed'; reason: string }
  | { state: 'refused'; problem: Problem };

const TURN_MS = 1_000;
const TURNS = 30;

export class Unread {
  items = $state.raw<Quarantined[]>([]);
  cursor = $state<string | null>(null);
  reading = $state(true);
  problem = $state.raw<Problem | null>(null);
  outcomes = $state.raw<Record<string, Outcome>>({});
  /** Of a row of tries: how many are done. */
  all = $state<{ done: number; whole: number } | null>(null);

  async load(further = false): Promise<void> {
    this.reading = true;
    this.problem = null;
    const query = { limit: 50, ...(further && this.cursor ? { cursor: this.cursor } : {}) };
    try {
      const page = await got(api.GET('/api/v1/quarantine', { params: { query } }));
      this.items = further ? [...this.items, ...page.items] : page.items;
      this.cursor = page.next_cursor;
      if (!further) this.outcomes = {};
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.reading = false;
  }

  /** Handles it again; what was read stays in the list with its outcome until the list is read anew. */
  async retry(id: string): Promise<void> {
    this.#note(id, { state: 'trying' });
    const params = { path: { quarantine_id: id } };
    try {
      let now = await got(api.POST('/api/v1/quarantine/{quarantine_id}/retry', { params }));
      for (let turn = 0; outcomeOf(now).state === 'waits' && turn < TURNS; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, TURN_MS));
        now = await got(api.GET('/api/v1/quarantine/{quarantine_id}', { params }));
      }
      this.#note(id, outcomeOf(now));
    } catch (thrown) {
      this.#note(id, { state: 'refused', problem: asProblem(thrown) });
    }
  }

  /** One after the other, those that are in the list. */
  async retryAll(): Promise<void> {
    const waiting = this.items.filter((one) => this.outcomes[one.id]?.state !== 'read');
    this.all = { done: 0, whole: waiting.length };
    for (const one of waiting) {
      await this.retry(one.id);
      this.all = { done: this.all.done + 1, whole: waiting.length };
    }
    this.all = null;
  }

  #note(id: string, outcome: Outcome): void {
    this.outcomes = { ...this.outcomes, [id]: outcome };
  }
}

/** What the record itself says of the last try. */
export function outcomeOf(record: Quarantined): Outcome {
  if (record.released_at) return { state: 'read' };
  if (record.retry?.state === 'failed') return { state: 'failed', reason: record.retry.reason ?? '' };
  return { state: 'waits' };
}
