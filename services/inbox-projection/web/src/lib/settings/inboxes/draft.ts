/** What the form of an inbox changes; pure. */

import type { InboxChange } from '#lib/api/client.ts';
import type { Inbox } from '#lib/settings/shapes.ts';
import { copied, same } from '../same.ts';

const FIELDS = [
  'name',
  'team_ids',
  'member_ids',
  'signature',
  'quote_history',
  'assign_first_answer',
  'reopen_days',
  'business_hours',
] as const;

export type InboxDraft = Pick<Inbox, (typeof FIELDS)[number]>;

export function draftOf(inbox: Inbox): InboxDraft {
  return copied(Object.fromEntries(FIELDS.map((name) => [name, inbox[name]]))) as InboxDraft;
}

/** Only what differs, so that two who change different things do not undo each other. */
export function changeOf(before: InboxDraft, now: InboxDraft): InboxChange {
  return Object.fromEntries(FIELDS.filter((name) => !same(before[name], now[name])).map((name) => [name, now[name]]));
}
