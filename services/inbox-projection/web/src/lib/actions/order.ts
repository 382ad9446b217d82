/** What is done to one conversation goes out in the order in which it was done, also what a lost connection held up. */

import { waiting } from '#lib/api/client.ts';
import type { Kind } from '#lib/api/kinds.ts';

const last = new Map<string, Promise<unknown>>();

/** Does the work when all that was begun before for one of these is over, however it ended. */
export function inOrder<T>(ids: string[], work: () => Promise<T>, kind: Kind = 'other'): Promise<T> {
  const before = new Set(ids.flatMap((id) => last.get(id) ?? []));
  const run = before.size === 0 ? work() : waiting.during(kind, Promise.allSettled(before)).then(work);
  const over = run.then(
    () => undefined,
    () => undefined,
  );
  for (const id of ids) last.set(id, over);
  void over.then(() => {
    for (const id of ids) if (last.get(id) === over) last.delete(id);
  });
  return run;
}
