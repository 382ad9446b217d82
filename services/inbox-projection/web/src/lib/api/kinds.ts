/** What a write is about, by its address: so that one can say what waits, and what must not wait. */

const KINDS = {
  message: /\/(replies|forwards)$|\/conversations$/,
  comment: /\/comments$/,
  draft: /\/draft$/,
  status: /\/status$/,
  assignment: /\/assignment$/,
  label: /\/labels(\/|$)/,
  read: /\/read$/,
} as const;

export type Kind = keyof typeof KINDS | 'other';
export const kinds: readonly Kind[] = [...(Object.keys(KINDS) as Kind[]), 'other'];

/** Logging in is asked for by somebody who waits; who is present, and how a snippet reads, is of no use later. */
const AT_ONCE = /^\/api\/v1\/(session|password-resets|invitations)\b|\/(presence|render)$/;

export function kindOf(url: string): Kind {
  const { pathname } = new URL(url);
  return (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((kind) => KINDS[kind].test(pathname)) ?? 'other';
}

/** Whether a write that meets no network waits for one; else it fails, and whoever asked hears of it. */
export function mayWait(url: string): boolean {
  return !AT_ONCE.test(new URL(url).pathname);
}
