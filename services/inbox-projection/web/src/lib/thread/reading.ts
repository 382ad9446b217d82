/** Marks a conversation as read up to what was shown, once for each new line: who marks it unread is not overruled. */

import { api, got, newKey, type Conversation, type Message } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { newestOf, tellsUpTo } from './telling.ts';

export interface Reader {
  /** `notified` is the sequence of the newest notification of it that is known to be unread; 0: there is none. */
  seen: (conversation: Conversation, lines: Message[], notified: number) => void;
}

/** Of the agent who looks. */
export function reader(me: string): Reader {
  let of = '';
  let upTo = 0;

  async function mark(id: string, sequence: number): Promise<void> {
    const takeBack = conversations.assume(id, { unread: false, read_up_to: sequence });
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
    seen(conversation, lines, notified) {
      if (document.visibilityState === 'hidden') return;
      const told = Math.max(notified, tellsUpTo(lines, me));
      if (of === conversation.id && told <= upTo) return;
      if (of !== conversation.id) upTo = 0;
      of = conversation.id;
      // Whether it is unread is not known before the conversation is as new as its lines.
      if (!conversation.unread && conversation.sequence < told) return;
      upTo = told;
      if (told > 0 && (conversation.unread || told > conversation.read_up_to)) {
        void mark(conversation.id, Math.max(told, newestOf(lines)));
      }
    },
  };
}
