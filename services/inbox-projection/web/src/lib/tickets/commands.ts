/** What the command bar offers on every page. */

import TicketPlus from '@lucide/svelte/icons/ticket-plus';
import { goto } from '$app/navigation';
import { keys } from '#lib/keys/index.svelte.ts';
import { openTicketDialog } from './dialogs.ts';

/** Opens what was made. */
export async function begin(): Promise<void> {
  const made = await openTicketDialog();
  if (made) await goto(`/tickets/${made.id}`);
}

keys.register([
  { id: 'new-ticket', label: 'tickets.new', group: 'areas.tickets', icon: TicketPlus, run: () => void begin() },
]);
