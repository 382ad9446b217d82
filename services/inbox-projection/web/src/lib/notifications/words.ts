/** What a notification says, and where it leads. */

import type { Notification } from '#lib/api/client.ts';
import { directory } from '#lib/directory/index.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';

/** "Ada assigned it to you" */
export function sentence(one: Notification): string {
  const who = one.actor.name;
  const named = who !== null && ['assigned', 'mention'].includes(one.kind);
  return named ? t(`notifications.${one.kind}_by`, { name: who }) : t(`notifications.${one.kind}`);
}

/** What it is about: the customer and the subject, or the inbox. */
export function about(one: Notification): string {
  const conversation = one.conversation_id ? conversations.get(one.conversation_id) : undefined;
  const words = conversation ? [conversation.contact.name || conversation.contact.handle, conversation.subject] : [];
  return words.filter(Boolean).join(' · ') || (directory.inbox(one.inbox_id)?.name ?? '');
}

export function placeOf(one: Notification): string {
  return one.conversation_id ? `/conversations/${one.conversation_id}` : `/settings/inboxes/${one.inbox_id}`;
}
