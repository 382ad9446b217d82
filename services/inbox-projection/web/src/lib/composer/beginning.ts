/** Begins to write: in a mode, with what it needs. */

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
