/** Writes that say what they were made from, and what becomes of those that somebody was quicker than. */

import { Problem } from '#lib/api/client.ts';

/** Does it; where others were quicker, what they made is read before the refusal is told. */
export async function unlessStale<T>(work: () => Promise<T>, readAgain: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (isStale(thrown)) await readAgain();
    throw thrown;
  }
}

export function isStale(thrown: unknown): boolean {
  return thrown instanceof Problem && thrown.status === 412;
}
