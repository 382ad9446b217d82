/** Filters in the address of a page, where they outlive a reload and can be sent to a colleague. */

import { goto } from '$app/navigation';
import { page } from '$app/state';

/** Writes these into the address; an empty one is left out. */
export function setQuery(changes: Record<string, string | null | undefined>): void {
  const url = new URL(page.url.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  if (url.search !== page.url.search) {
    void goto(`${url.pathname}${url.search}`, { replace: true, reset: false });
  }
}

/** What the address says; empty: nothing. Read reactively. */
export const asked = (name: string): string => page.url.searchParams.get(name) ?? '';
