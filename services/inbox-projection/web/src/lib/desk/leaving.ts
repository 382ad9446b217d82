/** Asks before the page is closed or reloaded while it has something that would be lost with it. */

import { waiting } from '#lib/api/client.ts';

type Reason = () => boolean;
/** That something was read is told again the next time. */
const somethingWaits: Reason = () => waiting.kinds.some(([kind]) => kind !== 'read');
const reasons = new Set<Reason>([somethingWaits]);

/** While `holds` gives true, something would be lost; gives what takes that back. */
export function stayFor(holds: Reason): () => void {
  reasons.add(holds);
  return () => reasons.delete(holds);
}

/** Begins to ask; gives what ends it. */
export function guardLeaving(page: Pick<Window, 'addEventListener' | 'removeEventListener'>): () => void {
  page.addEventListener('beforeunload', ask);
  return () => page.removeEventListener('beforeunload', ask);
}

function ask(event: Event): void {
  if ([...reasons].some((holds) => holds())) event.preventDefault();
}
