/** Marks a conversation as read up to what was shown, once for each new line: who marks it unread is not overruled. */

import { api, got, newKey, type Conversation, type Message } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { spokenUpTo } from './pages.ts';

export interface Reader {
  seen: (conversation: Conversation, lines: Message[]) => void;
}

export function reader(): Reader {
  let of = '';
  let upTo = 0;

  async function mark(id: string, sequence: number): Promise<void> {
    const takeBack = conversations.assume(id, { unread: false });
    try {
      const params = { path: { conversation_id: id } };
      const headers = { 'Idempotency-Key': newKey() };
      const answer = await got(
        api.PUT('/api/v1/conversations/{conversation_id}/read', { params, headers, body: { sequence } }),
      );
      conversations.put([answer]);
    } catch {
      takeBack(); // it stays unread, and is marked when it is opened again
    }
  }

  return {
    seen(conversation, lines) {
      if (document.visibilityState === 'hidden') return;
      const newest = spokenUpTo(lines);
      if (of === conversation.id && newest <= upTo) return;
      if (of !== conversation.id) upTo = 0;
      of = conversation.id;
      // Whether it is unread is not known before the conversation is as new as its lines.
      if (!conversation.unread && conversation.sequence < newest) return;
      upTo = newest;
      if (conversation.unread && newest > 0) void mark(conversation.id, newest);
    },
  };
}
