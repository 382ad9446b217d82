/** Whether all that was received in an hour is where it should be; pure. */

import type { Counted } from '#lib/api/client.ts';

/**
 * `all`: every message is in a conversation, or kept where one can see why not. `open`: some are in neither; each can
 * be looked at. `unseen`: some are kept in conversations and not shown yet. `more`: more than came in by this way.
 */
export type Verdict = 'all' | 'open' | 'unseen' | 'more';

/** How many received messages are neither in a conversation nor filtered nor set aside. */
export function missing(counted: Counted): number {
  const { received, appended, filtered, admitted, quarantined, released } = counted;
  return received - (appended + filtered - admitted + quarantined - released);
}

export function verdict(counted: Counted): Verdict {
  if (counted.shown < counted.appended) return 'unseen';
  const left = missing(counted);
  return left > 0 ? 'open' : left < 0 ? 'more' : 'all';
}

/** The worst of many: what the page says first. */
export function overall(hours: readonly Counted[]): Verdict {
  const found = new Set(hours.map(verdict));
  return (['unseen', 'open'] as const).find((one) => found.has(one)) ?? 'all';
}

/** Whether there is something to look at one by one: whatever came in and is in no conversation. */
export const hasDifferences = (counted: Counted): boolean =>
  missing(counted) > 0 || counted.filtered > counted.admitted || counted.quarantined > counted.released;

/** How many messages want to be looked at. */
export const toLookAt = (hours: readonly Counted[]): number =>
  hours.reduce((sum, one) => sum + Math.max(0, missing(one)) + Math.max(0, one.appended - one.shown), 0);
