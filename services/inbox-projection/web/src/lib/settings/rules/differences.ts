/** What publishing a draft changes, rule by rule; pure. */

import { same } from '../same.ts';

interface Named {
  id: string;
  name: string;
}

export interface Difference {
  what: 'added' | 'changed' | 'removed' | 'order';
  name: string;
}

/** New, changed and removed rules by name; `order` when those that stay follow each other otherwise. */
export function differences(published: readonly Named[], draft: readonly Named[]): Difference[] {
  const before = new Map(published.map((one) => [one.id, one]));
  const now = new Set(draft.map((one) => one.id));
  const found: Difference[] = [];
  for (const one of draft) {
    const old = before.get(one.id);
    if (!old) found.push({ what: 'added', name: one.name });
    else if (!same(old, one)) found.push({ what: 'changed', name: one.name });
  }
  for (const one of published) if (!now.has(one.id)) found.push({ what: 'removed', name: one.name });
  const stayed = (those: readonly Named[], others: { has: (id: string) => boolean }) =>
    those.filter((one) => others.has(one.id)).map((one) => one.id);
  if (!same(stayed(published, now), stayed(draft, before))) found.push({ what: 'order', name: '' });
  return found;
}
