import Users from '@lucide/svelte/icons/users';
import type { Entry } from '#lib/desk/entries.ts';
import './commands.ts';

export default {
  id: 'contacts',
  href: '/contacts',
  label: 'areas.contacts',
  icon: Users,
  order: 20,
  keys: 'g c',
} satisfies Entry;
