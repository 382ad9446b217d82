/** Puts a message that was taken back, or failed, into the composer again, with its files. */

import { asProblem, type Message } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import { spokenUpTo } from '#lib/thread/pages.ts';
import { fromAddress } from './addresses.ts';
import { htmlOf } from './html.ts';
import { writings } from './writing.svelte.ts';

const MOST_BYTES = 17 * 1024 * 1024;

/** A message's files belong to it: they go up once more, as files of the new one. Never fails. */
export async function restore(conversationId: string, message: Message): Promise<void> {
  const writing = writings.of(conversationId);
  await writing.load();
  const html = message.html ? plainImages(message) : htmlOf(message.text);
  writing.commenting = false;
  writing.mailMode = message.cc.length > 0 ? 'reply_all' : 'reply';
  writing.to = message.to.map(fromAddress);
  writing.cc = message.cc.map(fromAddress);
  writing.bcc = message.bcc.map(fromAddress);
  writing.prepend(html, message.text);
  writing.open = true;
  writing.turn += 1;
  writing.seen = null;
  writing.touch(spokenUpTo(threads.of(conversationId).lines));
  const most = conversations.get(conversationId)?.capabilities.max_bytes ?? MOST_BYTES;
  const files = await Promise.all(message.attachments.map(contentOf));
  const fetched = files.filter((one) => one instanceof File);
  writing.files.refused = message.attachments
    .filter((_, index) => !(files[index] instanceof File))
    .map((one) => one.name);
  await writing.files.add(fetched, most);
  writing.touch(null);
}

/** Pictures in place come back as files: their addresses are of the message that was taken back. */
function plainImages(message: Message): string {
  return (message.html ?? '').replaceAll(/<img\b[^>]*>/gi, '');
}

async function contentOf(one: Message['attachments'][number]): Promise<File | Error> {
  try {
    const answer = await fetch(one.url);
    if (!answer.ok) return new Error(answer.statusText);
    return new File([await answer.blob()], one.name, { type: one.content_type });
  } catch (thrown) {
    return asProblem(thrown); // named beside the composer, to be attached again
  }
}
