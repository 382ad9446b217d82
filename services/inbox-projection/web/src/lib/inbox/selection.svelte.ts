/** Which conversations of a list are selected: single ones, rows from here to there, or all that the list has. */

import { SvelteSet } from 'svelte/reactivity';

export class Selection {
  readonly ids = new SvelteSet<string>();
  /** All that match, loaded or not. */
  all = $state(false);
  #last: string | null = null;

  get count(): number {
    return this.ids.size;
  }
  get some(): boolean {
    return this.ids.size > 0;
  }

  toggle(id: string): void {
    this.all = false;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.#last = id;
  }

  /** From the one toggled last to this one, whichever is above. */
  range(order: readonly { id: string }[], id: string): void {
    const from = order.findIndex((one) => one.id === this.#last);
    const to = order.findIndex((one) => one.id === id);
    if (from < 0 || to < 0) {
      this.toggle(id);
      return;
    }
    this.all = false;
    for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(one.id);
    this.#last = id;
  }

  /** All rows that are loaded. */
  rows(order: readonly { id: string }[]): void {
    for (const one of order) this.ids.add(one.id);
  }

  /** What left the list is no longer selected. */
  keep(order: readonly { id: string }[]): void {
    if (this.ids.size === 0) return;
    const there = new Set(order.map((one) => one.id));
    for (const id of [...this.ids]) if (!there.has(id)) this.ids.delete(id);
    if (this.ids.size === 0) this.all = false;
  }

  clear(): void {
    this.ids.clear();
    this.all = false;
    this.#last = null;
  }
}
