/** How long somebody has waited, and how bad that is; pure. */

import type { Conversation } from '#lib/api/client.ts';

const HOUR = 3_600_000;
/** From when a wait is long, and from when it is too long. */
export const LONG_MS = 4 * HOUR;
export const LATE_MS = 24 * HOUR;

export interface Wait {
  milliseconds: number;
  level: 'fresh' | 'long' | 'late';
}

/** The wait for our answer; null: nobody waits for us. */
export function waitOf(one: Pick<Conversation, 'status' | 'waiting_on' | 'waiting_since'>, now: number): Wait | null {
  if (one.status !== 'open' || one.waiting_on !== 'us' || !one.waiting_since) return null;
  const milliseconds = Math.max(0, now - Date.parse(one.waiting_since));
  return { milliseconds, level: milliseconds >= LATE_MS ? 'late' : milliseconds >= LONG_MS ? 'long' : 'fresh' };
}
