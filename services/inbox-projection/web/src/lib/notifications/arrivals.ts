/** What of a list of notifications is new since the list before, and how a title carries their number; pure. */

import type { Notification } from '#lib/api/client.ts';

/** Unread ones that were not there before, or that came anew on top of what was there. */
export function arrived(before: readonly Notification[], now: readonly Notification[]): Notification[] {
  const known = new Map(before.map((one) => [one.id, one.at]));
  const newest = before[0]?.at ?? '';
  return now.filter((one) => !one.read && known.get(one.id) !== one.at && one.at >= newest);
}

/** The server counts to a hundred. */
export const shownCount = (unread: number): string => (unread > 99 ? '99+' : String(unread));

/** The title with the number before it, whatever number it had. */
export function titled(title: string, unread: number): string {
  const bare = title.replace(/^\(\d+\+?\) /, '');
  return unread > 0 ? `(${shownCount(unread)}) ${bare}` : bare;
}
