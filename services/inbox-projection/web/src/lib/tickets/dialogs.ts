/** Dialogs about tickets that may be opened from anywhere. */

import type { Ticket } from '#lib/api/client.ts';
import { shown } from '#lib/people/show.ts';

export interface About {
  /** The conversation that the ticket is about. */
  conversationId?: string | undefined;
  /** Or only whose it is. */
  contactId?: string | undefined;
}

/** A new ticket, about a conversation or a contact where one is named; null: it was cancelled. */
export const openTicketDialog = (about: About = {}): Promise<Ticket | null> =>
  shown(() => import('./NewTicket.svelte'), about);
