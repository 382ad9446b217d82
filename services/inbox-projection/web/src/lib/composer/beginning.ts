/** Begins to write: in a mode, with what it needs. */

import { t } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { spokenUpTo } from '#lib/thread/pages.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import { toasts } from '#lib/ui/toasts.svelte.ts';
import type { Mode, Writing } from './writing.svelte.ts';

/** A forward carries the message that it was begun from; without one, the newest. */
export function begin(writing: Writing, mode: Mode, messageId?: string): void {
  writing.become(mode);
  writing.turn += 1;
  void writing.load();
  if (mode === 'forward' && messageId && !writing.messageIds.includes(messageId)) {
    writing.messageIds = [...writing.messageIds, messageId];
  }
}

/** How an answer begins where nobody says more: to all who are in it. */
export const answering = (writing: Writing): Mode =>
  writing.answering && writing.answering.cc.length > 0 ? 'reply_all' : 'reply';

/** Files that are dropped on a conversation go with the mail that is written there, or with an answer that begins so. */
export async function beginWith(writing: Writing, files: File[]): Promise<void> {
  if (writing.open && writing.commenting) {
    toasts.show(t('composer.comment_no_files'));
    return;
  }
  begin(writing, writing.mailIsEmpty && writing.mailMode !== 'forward' ? answering(writing) : writing.mailMode);
  await writing.load();
  await attachTo(writing, files);
}

/** Files that come while the composer is on its way, or before it: they go with the mail. */
export async function attachTo(writing: Writing, files: File[]): Promise<void> {
  if (writing.commenting) {
    toasts.show(t('composer.comment_no_files'));
    return;
  }
  const added = writing.files.add(files, conversations.get(writing.id)?.capabilities.max_bytes ?? 0);
  writing.touch(spokenUpTo(threads.of(writing.id).lines));
  await added;
  writing.touch(null);
}
