/** What an agent does to a reply that is on its way: asks the API, shows what it answers. */

import { api, got, newKey, type Message } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { threads } from './threads.svelte.ts';

interface Place {
  conversation_id: string;
  message_id: string;
}

/** Takes it back. Throws Problem 409 `already-sent` when it is too late. */
export function cancel(conversation: string, message: string): Promise<Message> {
  return asked(conversation, message, (path, headers) =>
    api.DELETE('/api/v1/conversations/{conversation_id}/replies/{message_id}', { params: { path }, headers }),
  );
}

/** Sends a failed one again, or a scheduled one now. */
export function retry(conversation: string, message: string): Promise<Message> {
  return asked(conversation, message, (path, headers) =>
    api.POST('/api/v1/conversations/{conversation_id}/replies/{message_id}/retry', { params: { path }, headers }),
  );
}

/** Says of one whose delivery is unknown that it arrived, or that it is to be sent again. */
export function confirm(conversation: string, message: string, arrived: boolean): Promise<Message> {
  return asked(conversation, message, (path, headers) =>
    api.POST('/api/v1/conversations/{conversation_id}/replies/{message_id}/confirm', {
      params: { path },
      body: { arrived },
      headers,
    }),
  );
}

async function asked(
  conversation: string,
  message: string,
  call: (path: Place, headers: Record<string, string>) => Promise<{ data?: Message }>,
): Promise<Message> {
  try {
    const answer = await got(
      call({ conversation_id: conversation, message_id: message }, { 'Idempotency-Key': newKey() }),
    );
    threads.of(conversation).put(answer);
    return answer;
  } finally {
    void threads.of(conversation).refresh();
    void conversations.refresh([conversation]);
  }
}
