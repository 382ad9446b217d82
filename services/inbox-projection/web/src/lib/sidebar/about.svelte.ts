/** What the sidebar tells of the person of a conversation, read when it is opened and kept true by the feed. */

import { untrack } from 'svelte';
import { api, asProblem, got, type Conversation, type Problem } from '#lib/api/client.ts';
import { companies } from '#lib/companies/companies.svelte.ts';
import { contacts, onContacts, readContact } from '#lib/contacts/contacts.svelte.ts';
import { properties } from '#lib/contacts/properties.svelte.ts';
import { directory } from '#lib/directory/index.svelte.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { onTickets, tickets } from '#lib/tickets/tickets.svelte.ts';
import { pipelines } from '#lib/tickets/pipelines.svelte.ts';

/** How many of the person's other conversations are shown before "Show more". */
export const PREVIOUS = 6;

export interface About {
  /** The contact that stands for whoever wrote. */
  personId: string;
  ticketIds: string[];
  previous: Conversation[];
  /** There are more than those. */
  more: boolean;
}

/** Begin it in an effect, and end it by calling what `follow` gives. */
export function aboutOf(conversationId: () => string) {
  let about = $state.raw<About | null>(null);
  let problem = $state.raw<Problem | null>(null);
  let limit = PREVIOUS;
  let turn = 0;

  async function read(): Promise<void> {
    const mine = ++turn;
    const id = conversationId();
    problem = null;
    try {
      const conversation = conversations.get(id) ?? (await conversations.read(id));
      const found = await readAbout(conversation, limit);
      if (mine === turn) about = found;
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
    }
  }

  return {
    get about() {
      return about;
    },
    get problem() {
      return problem;
    },
    read,
    /** Shows more of the former conversations. */
    async showMore(): Promise<void> {
      limit = 50;
      await read();
    },
    /** Follows what happens until what it gives is called. */
    follow(): () => void {
      about = null;
      limit = PREVIOUS;
      void untrack(read);
      const ends = [
        feed.onReturn(() => void read()),
        conversations.onChange((changed) => {
          const person = about?.personId;
          const id = conversationId();
          if (changed.some((one) => one.id === id || one.contact.id === person)) void read();
        }),
        onContacts((ids) => {
          if (about && ids.includes(about.personId)) void read();
        }),
        onTickets((ids) => {
          if (ids.some((id) => about?.ticketIds.includes(id) || !tickets.get(id) || concerns(id))) void read();
        }),
      ];
      return () => {
        turn += 1;
        for (const end of ends) end();
      };
    },
  };

  /** Whether the ticket has come to belong here. */
  function concerns(ticketId: string): boolean {
    const ticket = tickets.get(ticketId);
    if (!ticket || !about) return false;
    return ticket.contact_id === about.personId || ticket.conversation_ids.includes(conversationId());
  }
}

async function readAbout(conversation: Conversation, limit: number): Promise<About> {
  const contact_id = conversation.contact.id;
  const params = { path: { contact_id } };
  const [contact, associated, former] = await Promise.all([
    readContact(contact_id),
    got(api.GET('/api/v1/contacts/{contact_id}/associated', { params })),
    got(api.GET('/api/v1/contacts/{contact_id}/conversations', { params: { ...params, query: { limit: limit + 1 } } })),
    properties.need(),
    pipelines.need(),
    directory.need(),
  ]);
  if (associated.company) companies.put([associated.company]);
  conversations.put(former.items);
  const ticketIds = [...new Set([...conversation.ticket_ids, ...associated.ticket_ids])];
  if (ticketIds.length > 0) await tickets.refresh(ticketIds);
  if (contact.merged_into) contacts.want([contact.merged_into]);
  const others = former.items.filter((one) => one.id !== conversation.id);
  return {
    personId: contact.merged_into ?? contact.id,
    ticketIds,
    previous: others.slice(0, limit),
    more: others.length > limit || former.next_cursor !== null,
  };
}
