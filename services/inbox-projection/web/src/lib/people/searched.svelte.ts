/** A list that can be searched, as somebody left it: found again, where it was, when they come back. */

import { untrack } from 'svelte';
import { pagesOf, type Page, type Pages } from './pages.svelte.ts';

const AT_ONCE = 60;

export interface Asked {
  limit: number;
  q?: string;
  cursor?: string;
}

export class SearchedList<T extends { id: string }> {
  q = $state('');
  /** Where it was scrolled to. */
  offset = $state(0);
  readonly pages: Pages<T>;

  constructor(
    read: (query: Asked, signal: AbortSignal) => Promise<Page<T>>,
    before: (one: T, other: T, q: string) => boolean,
    onread: (items: T[]) => void,
  ) {
    this.pages = pagesOf<T>(
      (cursor, signal) =>
        read({ limit: AT_ONCE, ...(this.q ? { q: this.q } : {}), ...(cursor ? { cursor } : {}) }, signal),
      (one, other) => before(one, other, this.q),
      onread,
    );
  }

  /** Shows those that begin so. */
  search(wanted: string): Promise<void> {
    return untrack(() => {
      if (wanted === this.q && !this.pages.fresh) return this.pages.lookAgain();
      this.q = wanted;
      this.offset = 0;
      return this.pages.restart();
    });
  }
}
