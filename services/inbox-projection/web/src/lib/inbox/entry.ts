import Inbox from '@lucide/svelte/icons/inbox';
import type { Entry } from '#lib/desk/entries.ts';

export default {
  id: 'inbox',
  href: '/inbox',
  label: 'inbox.title',
  icon: Inbox,
  order: 10,
} satisfies Entry;
