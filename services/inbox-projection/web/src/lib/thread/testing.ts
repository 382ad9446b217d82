/** Lines of a thread for tests. */

import type { Message } from '#lib/api/client.ts';

export function line(id: string, given: Partial<Message> = {}): Message {
  return {
    id,
    conversation_id: 'one',
    kind: 'message',
    direction: 'in',
    external_id: null,
    author: { kind: 'contact', id: 'zofia', name: 'Zofia', avatar_url: null },
    from: { address: 'zofia@client.test', name: 'Zofia' },
    to: [],
    cc: [],
    bcc: [],
    subject: '',
    text: 'text',
    new_text: 'text',
    quoted: '',
    html: null,
    remote_images: 0,
    truncated: false,
    attachments: [],
    mentions: [],
    automated: false,
    automated_kind: null,
    authentication: null,
    bounce: null,
    invitation: null,
    unreadable: false,
    erased: false,
    activity: null,
    sent_at: '2026-11-23T10:00:00Z',
    sequence: 1,
    in_side_thread: false,
    forwarded_ids: [],
    delivery: null,
    ...given,
  };
}

export const happened = (
  id: string,
  type: string,
  details: Record<string, unknown> = {},
  given: Partial<Message> = {},
): Message =>
  line(id, {
    kind: 'activity',
    direction: null,
    author: { kind: 'system', id: null, name: '', avatar_url: null },
    activity: { type, details },
    ...given,
  });
