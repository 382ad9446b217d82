/** One wish to send, how, and its key: what is the same is repeated with the same key, so that it is never sent twice; pure. */

import type { Problem } from '#lib/api/client.ts';

/** How a mail is to be sent: what becomes of the conversation with it, and when it goes. */
export interface How {
  then?: { status: 'resolved' | 'snoozed'; until?: string | null };
  sendAt?: string;
}

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
