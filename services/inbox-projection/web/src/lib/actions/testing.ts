/** A conversation for tests. */

import type { Conversation } from '#lib/api/client.ts';

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: 'c1',
    number: 1,
    inbox_id: 'in-1',
    channel: 'email',
    channel_id: 'ch-1',
    subject: 'Where is my order?',
    status: 'open',
    priority: 'normal',
    labels: [],
    contact: { id: 'p1', name: 'Zofia', handle: 'zofia@client.test' },
    assignee_id: null,
    team_id: null,
    last_message_at: '2026-11-23T08:00:00Z',
    preview: '',
    unread: false,
    read_up_to: 0,
    message_count: 1,
    sequence: 1,
    created_at: '2026-11-23T08:00:00Z',
    waiting_on: 'us',
    waiting_since: '2026-11-23T08:00:00Z',
    follower_ids: [],
    snoozed_until: null,
    suggested_link: null,
    muted: false,
    merged_into: null,
    follow_up_of: null,
    follow_up_ids: [],
    company_id: null,
    ticket_ids: [],
    capabilities: { html: true, attachments: true, max_bytes: 1, window_ends_at: null },
    ...change,
  };
}
