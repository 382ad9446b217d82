import Ticket from '@lucide/svelte/icons/ticket';
import type { Entry } from '#lib/desk/entries.ts';
import './commands.ts';

export default {
  id: 'tickets',
  href: '/tickets',
  label: 'areas.tickets',
  icon: Ticket,
  order: 40,
  keys: 'g t',
} satisfies Entry;
