/** Takes a first message back, and puts it into the dialog for a new conversation, where it was written. */

import { goto } from '$app/navigation';
import { api, got, type Message } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { cancel } from '#lib/thread/replying.ts';
import { toasts } from '#lib/ui/toasts.svelte.ts';
import { fromAddress } from './addresses.ts';
import { first } from './first.svelte.ts';
import { htmlOf } from './html.ts';
import { newConversation } from './opening.svelte.ts';
import { MOST_BYTES, channelOf, signatureOf, unsigned, unsignedHtml, uploaded, withPictures } from './restoring.ts';

/** Cancels the message that began the conversation. Throws Problem 409 `already-sent` when it is too late. */
export async function takeFirstBack(conversationId: string): Promise<void> {
  const params = { path: { conversation_id: conversationId }, query: { limit: 50 } };
  const page = await got(api.GET('/api/v1/conversations/{conversation_id}/messages', { params }));
  const message = page.items.find((one) => one.kind === 'message' && one.direction === 'out');
  if (!message) return;
  await cancel(conversationId, message.id);
  await restoreFirst(conversationId, message);
}

/** Where another one is written by now, that one stays, and it is said where this one's text is. Never fails. */
export async function restoreFirst(conversationId: string, message: Message): Promise<void> {
  const [signature] = await Promise.all([
    signatureOf(conversationId),
    first.load(),
    conversations.refresh([conversationId]).catch(() => undefined),
  ]);
  const conversation = conversations.get(conversationId);
  if (!first.isEmpty) {
    toasts.show(t('composer.new_kept', { number: conversation?.number ?? '' }), {
      action: { label: t('composer.open_it'), run: () => void goto(`/conversations/${conversationId}`) },
    });
    return;
  }
  const text = unsigned(message.text, signature);
  const html = message.html && text !== message.text ? unsignedHtml(message.html) : message.html;
  const pictures = message.attachments.filter((one) => html?.includes(one.url));
  first.inboxId = conversation?.inbox_id ?? first.inboxId;
  first.channelId = channelOf(message, first.speakers) ?? '';
  first.to = message.to.map(fromAddress);
  first.cc = message.cc.map(fromAddress);
  first.bcc = message.bcc.map(fromAddress);
  first.subject = message.subject ?? '';
  first.setHtml(htmlOf(text), text);
  newConversation.begin();
  if (html) first.setHtml(await withPictures(first.files, html, pictures, MOST_BYTES), text);
  const others = message.attachments.filter((one) => !pictures.includes(one));
  await Promise.all(others.map((one) => uploaded(first.files, one, MOST_BYTES)));
  first.touch();
}
