/** Where a log-in leads; pure. */

/** The place that was asked for, if it is one of this page; else the start. */
export function placeAfter(asked: string | null): string {
  return asked && /^\/(?![/\\])/.test(asked) && !asked.startsWith('/login') ? asked : '/';
}
