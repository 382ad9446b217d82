/** Tickets by id, and what is done with them; the feed keeps those that are shown true. */

import { api, asProblem, got, type Ticket, type TicketChange, type TicketNew } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { storeOf } from '#lib/people/store.svelte.ts';

export const tickets = storeOf<Ticket>(async (id) => {
  const page = await got(api.GET('/api/v1/tickets', { params: { query: { id, limit: 100 } } }));
  return page.items;
});

const watchers = new Set<(ids: string[]) => void>();

/** Is told which tickets changed, here or elsewhere. Gives what ends it. */
export function onTickets(watcher: (ids: string[]) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function tell(ids: string[]): void {
  for (const watcher of watchers) watcher(ids);
}

function taken(ticket: Ticket): Ticket {
  tickets.put([ticket]);
  tell([ticket.id]);
  return ticket;
}

const at = (ticket_id: string) => ({ params: { path: { ticket_id } } });

/** Reads one anew. Throws Problem 404 when it is not there or not ours to see. */
export async function readTicket(id: string): Promise<Ticket> {
  const found = await got(api.GET('/api/v1/tickets/{ticket_id}', at(id)));
  tickets.put([found]);
  return found;
}

export const openTicket = async (body: TicketNew): Promise<Ticket> =>
  taken(await got(api.POST('/api/v1/tickets', { body })));

export const changeTicket = async (id: string, body: TicketChange): Promise<Ticket> =>
  taken(await got(api.PATCH('/api/v1/tickets/{ticket_id}', { ...at(id), body })));

/** Shows the change at once, and takes it back when it is refused. Throws Problem then. */
export async function changeAtOnce(id: string, body: TicketChange): Promise<void> {
  const before = tickets.get(id);
  if (before) {
    const { title, stage, priority, ...rest } = body;
    const assumed = { ...(title ? { title } : {}), ...(stage ? { stage } : {}), ...(priority ? { priority } : {}) };
    tickets.put([{ ...before, ...rest, ...assumed }]);
  }
  try {
    await changeTicket(id, body);
  } catch (thrown) {
    if (before) tickets.put([before]);
    throw thrown;
  }
}

export const linkConversation = (ticket_id: string, conversation_id: string): Promise<Ticket> =>
  related(ticket_id, conversation_id, true);

export const unlinkConversation = (ticket_id: string, conversation_id: string): Promise<Ticket> =>
  related(ticket_id, conversation_id, false);

async function related(ticket_id: string, conversation_id: string, link: boolean): Promise<Ticket> {
  const place = '/api/v1/tickets/{ticket_id}/conversations/{conversation_id}' as const;
  const params = { path: { ticket_id, conversation_id } };
  const ticket = taken(await got(link ? api.PUT(place, { params }) : api.DELETE(place, { params })));
  void conversations.refresh([conversation_id]);
  return ticket;
}

async function look(ids: string[]): Promise<void> {
  try {
    await tickets.refresh(tickets.known(ids));
  } catch (thrown) {
    // Not read now: what is shown is read anew when the feed is back.
    if (!asProblem(thrown).offline) throw thrown;
  }
  tell(ids);
}

feed.on('ticket', (events) => void look([...new Set(events.flatMap((one) => one.id ?? []))]));
