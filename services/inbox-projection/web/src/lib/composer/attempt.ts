/** One wish to send and its key: the same content is repeated with the same key, so that it is never sent twice; pure. */

import type { Problem } from '#lib/api/client.ts';

export interface Attempt {
  key: string;
  content: string;
}

/** The attempt for this content: the one before, where it was the same and nobody knows whether it arrived. */
export function attemptFor(before: Attempt | null, content: string, newKey: () => string): Attempt {
  return before?.content === content ? before : { key: newKey(), content };
}

/** Whether a failure leaves open if it was done: only then the key is kept. */
export const isUnclear = (problem: Problem): boolean =>
  problem.status === 0 || problem.status === 202 || problem.status >= 500 || problem.status === 401;
