/** Puts a message that was taken back, or failed, into the composer again, with its files. */

import { api, asProblem, got, type File as Uploaded, type Message, type SendingAddress } from '#lib/api/client.ts';
import { i18n } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import { spokenUpTo } from '#lib/thread/pages.ts';
import { fromAddress } from './addresses.ts';
import { htmlOf, picturesOf } from './html.ts';
import type { Files } from './uploads.svelte.ts';
import { writings } from './writings.ts';

type Attached = Message['attachments'][number];
/** Stands above each message that a forward carries. */
const FORWARDED = '---------- Forwarded message ----------';

export const MOST_BYTES = 17 * 1024 * 1024;

/**
 * What was sent is to be written anew; `taken`: it was taken back now. A first message that nothing followed, whose
 * conversation lies in the trash by that, goes to where it was begun.
 */
export async function rewrite(conversationId: string, message: Message, taken: boolean): Promise<void> {
  const { lines } = threads.of(conversationId);
  const said = lines.filter((one) => one.kind !== 'activity');
  if (!taken || said.length > 1 || said[0]?.id !== message.id) return restore(conversationId, message);
  const { restoreFirst } = await i18n.worded(import('./restoringFirst.ts'));
  return restoreFirst(conversationId, message);
}

/** A message's files belong to it: they go up once more, as files of the new one. Never fails. */
export async function restore(conversationId: string, message: Message): Promise<void> {
  const writing = writings.of(conversationId);
  const [signature] = await Promise.all([signatureOf(conversationId), writing.load()]);
  const text = unsigned(message.text, signature);
  const html = message.html && text !== message.text ? unsignedHtml(message.html) : message.html;
  const { lines } = threads.of(conversationId);
  const forwards = message.forwarded_ids.length > 0;
  writing.commenting = false;
  writing.mailMode = forwards ? 'forward' : message.cc.length > 0 ? 'reply_all' : 'reply';
  writing.to = message.to.map(fromAddress);
  writing.cc = message.cc.map(fromAddress);
  writing.bcc = message.bcc.map(fromAddress);
  writing.messageIds = message.forwarded_ids;
  writing.channelId = channelOf(message, writing.answering?.addresses ?? []);
  writing.files.refused = [];
  writing.open = true;

  const most = conversations.get(conversationId)?.capabilities.max_bytes ?? MOST_BYTES;
  const files = forwards ? ownFiles(message, lines) : message.attachments;
  const pictures = forwards ? [] : files.filter((one) => html?.includes(one.url));
  if (forwards) writing.prepend(htmlOf(noteOf(message.text)), noteOf(message.text));
  else if (!html) writing.prepend(htmlOf(text), text);
  // Where there are pictures, the text waits for them: each stands where it stood.
  else writing.prepend(await withPictures(writing.files, html, pictures, most), text);
  writing.turn += 1;
  writing.seen = null;
  writing.touch(spokenUpTo(lines));

  await Promise.all(files.filter((one) => !pictures.includes(one)).map((one) => uploaded(writing.files, one, most)));
  writing.touch(null);
}

/** The inbox's signature, filled as for this conversation; empty where it has none, or it could not be had. */
export async function signatureOf(conversationId: string): Promise<string> {
  const params = { path: { conversation_id: conversationId } };
  try {
    return (await got(api.GET('/api/v1/conversations/{conversation_id}/signature', { params }))).text.trim();
  } catch {
    return ''; // it stays in the text, where it can be seen
  }
}

/** Without the inbox's signature, which is put below it again when it is sent. */
export function unsigned(text: string, signature: string): string {
  const block = `-- \n${signature}`;
  return signature && text.endsWith(block) ? text.slice(0, -block.length).trimEnd() : text;
}
export const unsignedHtml = (html: string): string =>
  html.replace(/<p>--(?:&nbsp;|\u00a0)<br>(?:(?!<p[\s>])[^])*<\/p>\s*$/i, '');

/** The address it was to come from, where it is still one of the inbox's. */
export function channelOf(
  message: Message,
  addresses: Pick<SendingAddress, 'address' | 'channel_id'>[],
): string | null {
  const from = message.from?.address.toLowerCase();
  return addresses.find((one) => one.address.toLowerCase() === from)?.channel_id ?? null;
}

/** What the agent wrote above the messages that a forward carries. */
export function noteOf(text: string): string {
  const end = text.indexOf(FORWARDED);
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}

/** What a forward carries besides the files of its messages, which come along again. */
export function ownFiles(message: Message, lines: Message[]): Attached[] {
  const carried = lines.filter((one) => message.forwarded_ids.includes(one.id)).flatMap((one) => one.attachments);
  const known = new Set(carried.map((one) => one.id));
  return message.attachments.filter((one) => !known.has(one.id) && one.content_type !== 'message/rfc822');
}

/** The HTML with its pictures as uploads of the new mail; without those that could not be had, which are named. */
export async function withPictures(files: Files, html: string, pictures: Attached[], most: number): Promise<string> {
  let made = html;
  for (const one of pictures) {
    const file = await uploaded(files, one, most);
    if (!file) continue;
    made = made.replaceAll(one.url, file.url);
    files.remove(files.all.find((each) => each.uploaded?.id === file.id)?.key ?? '');
  }
  return made.replaceAll(/<img\b[^>]*>/gi, (image) => (picturesOf(image).length > 0 ? image : ''));
}

/** One file as an upload of the new mail; one that could not be had is named. */
export async function uploaded(files: Files, one: Attached, most: number): Promise<Uploaded | undefined> {
  const content = await contentOf(one);
  if (content instanceof File) return (await files.add([content], most))[0];
  files.refused = [...files.refused, one.name]; // to be attached again
  return undefined;
}

async function contentOf(one: Attached): Promise<File | Error> {
  try {
    const answer = await fetch(one.url);
    if (!answer.ok) return new Error(answer.statusText);
    return new File([await answer.blob()], one.name, { type: one.content_type });
  } catch (thrown) {
    return asProblem(thrown);
  }
}
